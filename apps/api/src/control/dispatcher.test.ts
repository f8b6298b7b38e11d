import { ProblemError } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dispatch } from './dispatcher.ts';
import { judge } from './leases.ts';
import { reconcile } from './reconciler.ts';
import type { WorkerIdentity } from './services.ts';
import { hostReport, local, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS } from './timing.ts';

const queue = 'default.deb.amd64';
let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

/** Submits and returns the id of the build's job. */
async function submit(name = 'Pat', priority = 50): Promise<string> {
  farm.advance(1);
  const task = await farm.build({ submitter: { name, email: 'p@example.org' }, priority });
  return (await farm.database.stores.jobs.ofTask(task.id))[0]?.id ?? '';
}
const tickets = () => farm.tickets.waiting(queue);

/** Every job in the order in which one host gets them. */
async function order(): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    await dispatch(farm.context);
    const job = farm.tickets.draw(queue);
    if (job === undefined) return seen;
    seen.push(job);
    const call = await farm.attempts.claim(one, job);
    await farm.tasks.cancel(call.task, local);
  }
}

test('a ticket for each free slot and one more', async () => {
  const jobs = [await submit(), await submit(), await submit()];
  await dispatch(farm.context);
  await dispatch(farm.context);
  expect(await tickets()).toEqual(jobs.slice(0, 2));
  const drawn = farm.tickets.draw(queue) ?? '';
  await farm.attempts.claim(one, drawn);
  await dispatch(farm.context);
  expect(await tickets()).toEqual([jobs[1]]);
});

test('several workers get as many more', async () => {
  await farm.worker('two', { slots: 3 });
  for (let count = 0; count < 7; count++) await submit();
  await dispatch(farm.context);
  expect(await tickets()).toHaveLength(5);
});

test('priority first, then round robin over submitters, then age', async () => {
  const a = [await submit('A'), await submit('A'), await submit('A')];
  const b = [await submit('B'), await submit('B')];
  const urgent = await submit('A', 90);
  // the urgent job was a turn of A
  expect(await order()).toEqual([urgent, b[0], a[0], b[1], a[1], a[2]]);
});

test('nothing is dispatched on a full disk, and all is once there is room', async () => {
  const job = await submit();
  farm.context.freeSpace = async () => 0.01;
  await dispatch(farm.context);
  expect(await tickets()).toEqual([]);
  farm.context.freeSpace = async () => 0.5;
  await dispatch(farm.context);
  expect(await tickets()).toEqual([job]);
});

test('tickets that Redis lost are issued again, others are left alone', async () => {
  const jobs = [await submit(), await submit()];
  await dispatch(farm.context);
  farm.tickets.queues.clear();
  await reconcile(farm.context);
  expect(await tickets(), 'it may be on its way to a claim').toEqual([]);
  farm.advance(2_000);
  await reconcile(farm.context);
  expect(await tickets()).toEqual(jobs);
  farm.advance(2_000);
  await reconcile(farm.context);
  expect(await tickets()).toEqual(jobs);
});

test('a second ticket for a claimed job is refused and does no harm', async () => {
  const job = await submit();
  await dispatch(farm.context);
  await farm.attempts.claim(one, farm.tickets.draw(queue) ?? '');
  await expect(farm.attempts.claim(one, job)).rejects.toThrow(ProblemError);
  farm.advance(5_000);
  await reconcile(farm.context);
  expect(await tickets()).toEqual([]);
});

test('a job whose host was lost gets a new ticket', async () => {
  const job = await submit();
  await dispatch(farm.context);
  await farm.attempts.claim(one, farm.tickets.draw(queue) ?? '');
  farm.advance(LEASE_MS);
  await judge(farm.context, 0);
  await dispatch(farm.context);
  expect(await tickets()).toEqual([job]);
});

test('a queued task says why it waits', async () => {
  const jobs = [await submit('A'), await submit('B'), await submit('C')];
  const waiting = async (job: string | undefined) => {
    const row = await farm.database.stores.jobs.get(job ?? '');
    return (await farm.tasks.get(row?.task ?? '')).waiting;
  };
  expect(await waiting(jobs[0])).toBe('A worker is being asked to take it.');
  await farm.attempts.claim(one, jobs[0] ?? '');
  expect(await waiting(jobs[0])).toBeNull();
  expect(await waiting(jobs[2])).toBe('All slots (1) of its workers are taken; it is number 2 of 2 in the queue.');
  farm.advance(LEASE_MS);
  expect(await waiting(jobs[2])).toMatch(/^The worker it needs, one, is offline since 2025-06-15 15:06:40 UTC\.$/);
  await farm.workers.report(one, { ...hostReport('one'), architectures: ['arm64'] });
  expect(await waiting(jobs[2])).toBe(
    'No worker serves default.deb.amd64: none of pool default builds for amd64. ' +
      'Add one of amd64: fatbuildrctl workers add NAME --pool default; or let one emulate it: ' +
      'qemu-user-static and its binfmt_misc registration with flag F, see docs/administration.md.',
  );
});
