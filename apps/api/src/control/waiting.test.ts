import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerIdentity } from './services.ts';
import { failed, hostReport, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS, RETRY_DELAY_MS } from './timing.ts';

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const waiting = async (task: { id: string }) => (await farm.tasks.get(task.id)).waiting;
const mark = (id: string, changes: { draining?: number; quarantine?: string }) =>
  farm.database.stores.workers.update(id, changes);

test('a drained, a quarantined and a lost host are named, with what is the matter', async () => {
  const task = await farm.build();
  await mark(one.id, { draining: 1 });
  expect(await waiting(task)).toMatch(/^The worker it needs, one, is drain/);
  const two = await farm.worker('two');
  await farm.worker('three');
  await mark(two.id, { quarantine: '3 jobs in a row failed' });
  expect(await waiting(task)).toBe('A worker is being asked to take it.');
  farm.advance(LEASE_MS);
  for (const host of [one, two]) await farm.workers.report(host, hostReport(host.name));
  const words = await waiting(task);
  expect(words).toContain('one is drain');
  expect(words).toContain('two is quarantined: 3 jobs in a row failed');
  expect(words).toMatch(/three is offline since 2025-06-15 \d\d:\d\d:\d\d UTC/);
});

test('a full disk of the farm is said', async () => {
  const task = await farm.build();
  farm.context.freeSpace = async () => 0.01;
  expect(await waiting(task)).toBe('The disk of the farm is nearly full: nothing new begins until there is room.');
});

test('a job that failed on a host says that it waits for another, as long as it does', async () => {
  const two = await farm.worker('two');
  const busy = await farm.build();
  await farm.claim(busy.id, two);
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  await farm.attempts.result(call, failed('infrastructure-failure'));
  await farm.attempts.close(call);
  expect(await waiting(task)).toBe('Another attempt follows in a moment.');
  farm.advance(RETRY_DELAY_MS);
  expect(await waiting(task)).toMatch(/^It failed on one, so it waits for two, until 2025-06-15 15:07:10 UTC\.$/);
  farm.advance(LEASE_MS - RETRY_DELAY_MS);
  for (const host of [one, two]) await farm.workers.report(host, hostReport(host.name));
  expect(await waiting(task)).toBe('A worker is being asked to take it.');
});

test('positions are counted in the order of turns', async () => {
  await farm.claim((await farm.build()).id, one);
  const by = (name: string) => ({ submitter: { name, email: 'p@example.org' } });
  const tasks = [];
  for (const name of ['A', 'A', 'B']) {
    farm.advance(1);
    tasks.push(await farm.build(by(name)));
  }
  const place = (number: number) => `All slots (1) of its workers are taken; it is number ${number} of 3 in the queue.`;
  expect(await Promise.all(tasks.map(waiting))).toEqual([place(1), place(3), place(2)]);
});
