import { afterEach, beforeEach, expect, test } from 'vitest';
import { judge } from './leases.ts';
import type { WorkerIdentity } from './services.ts';
import { failed, hostReport, sha256Of, type TestControl, testControl } from './test-control.ts';
import { LEASE_MS } from './timing.ts';

let farm: TestControl;
let one: WorkerIdentity;
let started: number;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
  started = farm.context.clock() - LEASE_MS;
});
afterEach(() => farm.close());

const judgeNow = () => judge(farm.context, started);
const stale = { kind: 'stale-fence' };
const hour = 3_600_000;

async function running() {
  const task = await farm.build();
  return { task: task.id, call: await farm.claim(task.id, one) };
}
const chunk = (offset: number, text: string) => ({ offset, bytes: Buffer.from(text), sha256: sha256Of(text) });

test('a lease that is not prolonged loses the attempt; everything its host still says is refused', async () => {
  const { task, call } = await running();
  farm.advance(LEASE_MS - 1);
  await judgeNow();
  expect(await farm.state(task)).toBe('running');
  farm.advance(1);
  await judgeNow();
  expect(await farm.state(task)).toBe('queued');
  const [attempt] = (await farm.tasks.get(task)).jobs[0]?.attempts ?? [];
  expect(attempt).toMatchObject({ outcome: 'infrastructure-failure', logClosed: true });
  await expect(farm.attempts.heartbeat(call)).rejects.toMatchObject(stale);
  await expect(farm.attempts.appendLog(call, chunk(0, 'x'))).rejects.toMatchObject(stale);
  await expect(farm.built(call, '1')).rejects.toMatchObject(stale);
  await expect(farm.attempts.result(call, failed('build-failure'))).rejects.toMatchObject(stale);
});

test('heartbeats keep it for hours', async () => {
  const { task, call } = await running();
  for (let minute = 0; minute < 59 * 3; minute++) {
    farm.advance(20_000);
    await farm.attempts.heartbeat(call);
    await judgeNow();
  }
  expect(await farm.state(task)).toBe('running');
});

test('no lease is judged before the api has listened for as long', async () => {
  const { task } = await running();
  farm.advance(10 * LEASE_MS);
  const restarted = farm.context.clock();
  farm.advance(LEASE_MS - 1);
  await judge(farm.context, restarted);
  expect(await farm.state(task)).toBe('running');
  farm.advance(1);
  await judge(farm.context, restarted);
  expect(await farm.state(task)).toBe('queued');
});

test('three lost hosts are enough', async () => {
  const task = (await farm.build()).id;
  for (let round = 0; round < 3; round++) {
    await farm.claim(task, one);
    farm.advance(LEASE_MS + 5_000);
    await judgeNow();
  }
  expect(await farm.state(task)).toBe('infrastructure-failure');
});

test('a host that dies in the checks after its result does not undo it', async () => {
  const { task, call } = await running();
  const { full } = await farm.attempts.reserveVersion(call, { name: 'hello', main: '1', release: '1' });
  await farm.attempts.result(call, await farm.built(call, full));
  farm.advance(LEASE_MS + 1);
  await judgeNow();
  const found = await farm.tasks.get(task);
  expect(found.state).toBe('publishing');
  expect(found.jobs[0]?.attempts[0]).toMatchObject({ outcome: 'success', logClosed: true });
});

test('a worker that registers without an attempt loses it at once, and learns what is not its own', async () => {
  const { task, call } = await running();
  const listed = { ...hostReport('one'), liveAttempts: [call.attempt] };
  expect((await farm.workers.register(one, listed)).stale).toEqual([]);
  await farm.workers.register(one, { ...hostReport('one'), liveAttempts: [] });
  expect(await farm.state(task)).toBe('queued');
  expect((await farm.workers.register(one, listed)).stale).toEqual([call.attempt]);
});

test('deadlines hold even if the worker forgets them', async () => {
  const silent = await running();
  farm.advance(hour + 61_000);
  await farm.attempts.heartbeat(silent.call);
  await judgeNow();
  expect(await farm.tasks.get(silent.task)).toMatchObject({
    outcome: 'timeout',
    cause: { message: expect.stringContaining('said nothing') },
  });

  const long = await running();
  for (let offset = 0; offset < 7; offset++) {
    farm.advance(hour - 60_000);
    await farm.attempts.appendLog(long.call, chunk(offset, 'x')).catch(() => undefined);
    await farm.attempts.heartbeat(long.call).catch(() => undefined);
    await judgeNow();
  }
  expect(await farm.tasks.get(long.task)).toMatchObject({
    outcome: 'timeout',
    cause: { message: expect.stringContaining('ran for more') },
  });
  await expect(farm.attempts.heartbeat(long.call)).rejects.toMatchObject(stale);
});

test('a job that nobody ever took ends too', async () => {
  const task = await farm.build();
  farm.advance(24 * hour + 1);
  await judgeNow();
  expect(await farm.tasks.get(task.id)).toMatchObject({ state: 'done', outcome: 'timeout' });
});
