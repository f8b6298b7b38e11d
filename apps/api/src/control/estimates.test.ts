import { afterEach, beforeEach, expect, test } from 'vitest';
import { median } from './estimates.ts';
import type { WorkerIdentity } from './services.ts';
import { hostReport, local, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS } from './timing.ts';

const minute = 60_000;
let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

/** A build of `artifact` that took `ms`. */
async function built(artifact: string, ms: number): Promise<void> {
  const task = await farm.build({ artifact });
  const call = await farm.claim(task.id, one);
  const version = await farm.attempts.reserveVersion(call, { name: artifact, main: '1', release: '1' });
  const result = await farm.built(call, version.full, artifact);
  farm.advance(ms);
  await farm.attempts.result(call, result);
  await farm.attempts.close(call);
  await farm.tasks.cancel(task.id, local);
  await farm.workers.report(one, hostReport('one'));
}
const start = async (task: string) => (await farm.tasks.get(task)).estimatedStart;

test('the median is the one in the middle, or between both', () => {
  expect([median([5]), median([9, 1, 5]), median([1, 9, 5, 7])]).toEqual([5, 5, 6]);
});

test('without history nobody knows; with it, each begins when those before it are done', async () => {
  const [first, second] = [await farm.build({ artifact: 'hello' }), await farm.build({ artifact: 'hello' })];
  await farm.claim(first.id, one);
  expect(await start(second.id)).toBeNull();
  for (const { id } of [first, second]) await farm.tasks.cancel(id, local);

  for (const ms of [2 * minute, 4 * minute, 20 * minute]) await built('hello', ms);
  await built('slow', 30 * minute);
  const began = farm.context.clock();
  const running = await farm.build({ artifact: 'hello' });
  const call = await farm.claim(running.id, one);
  farm.advance(10_000);
  await farm.attempts.heartbeat(call);
  await farm.workers.report(one, hostReport('one'));
  const next = await farm.build({ artifact: 'slow' });
  farm.advance(1);
  const last = await farm.build({ artifact: 'hello' });
  expect(await start(running.id)).toBeNull();
  expect(await start(next.id)).toBe(began + 4 * minute);
  expect(await start(last.id)).toBe(began + 34 * minute);
  expect((await farm.tasks.list({ state: 'active', limit: 10 })).tasks[0]?.estimatedStart).toBe(began + 34 * minute);

  farm.advance(LEASE_MS);
  expect(await start(next.id), 'nobody is there to begin').toBeNull();
});
