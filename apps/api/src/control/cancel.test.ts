import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerIdentity } from './services.ts';
import { failed, local, published, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const stale = { kind: 'stale-fence' };

async function publishing() {
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, { name: 'hello', main: '1', release: '1' });
  await farm.attempts.result(call, await farm.built(call, full));
  return { task: task.id, build: call };
}

test('queued: over at once, and no host gets it any more', async () => {
  const task = await farm.build();
  expect(await farm.tasks.cancel(task.id, local)).toMatchObject({ state: 'done', outcome: 'cancelled' });
  const [job] = await farm.database.stores.jobs.ofTask(task.id);
  await expect(farm.attempts.claim(one, job?.id ?? '')).rejects.toMatchObject({ kind: 'claim-refused' });
});

test('running: over at once, the worker learns by its next call', async () => {
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  const followed = farm.tasks.changed(task.id, new AbortController().signal);
  await farm.tasks.cancel(task.id, local);
  await followed;
  expect(await farm.tasks.get(task.id)).toMatchObject({
    outcome: 'cancelled',
    cause: { message: 'Cancelled by local.' },
  });
  await expect(farm.attempts.heartbeat(call)).rejects.toMatchObject(stale);
  await expect(farm.attempts.result(call, failed('build-failure'))).rejects.toMatchObject(stale);
  expect(await farm.state(task.id)).toBe('cancelled');
});

test('publishing: the cancel wins before the commit', async () => {
  const { task, build } = await publishing();
  const call = await farm.claim(task, farm.publisher);
  await farm.tasks.cancel(task, local);
  await expect(farm.attempts.commit(call)).rejects.toMatchObject(stale);
  await expect(farm.attempts.heartbeat(build)).rejects.toMatchObject(stale);
  expect(await farm.state(task)).toBe('cancelled');
});

test('publishing: the commit wins before the cancel', async () => {
  const { task } = await publishing();
  const call = await farm.claim(task, farm.publisher);
  await farm.attempts.commit(call);
  await expect(farm.tasks.cancel(task, local)).rejects.toMatchObject({ kind: 'already-committed' });
  await farm.attempts.result(call, published());
  await expect(farm.tasks.cancel(task, local)).rejects.toMatchObject({ kind: 'already-done' });
});

test('cancelling twice is cancelling once', async () => {
  const task = await farm.build();
  const first = await farm.tasks.cancel(task.id, local);
  farm.advance(1000);
  expect(await farm.tasks.cancel(task.id, local)).toEqual(first);
});

test('a cancelled build leaves its version to the next', async () => {
  const task = await farm.build();
  const version = { name: 'hello', main: '1', release: '1' };
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, version);
  await farm.tasks.cancel(task.id, local);
  const next = await farm.claim((await farm.build()).id, one);
  expect((await farm.attempts.reserveVersion(next, version)).full).toBe(full);
});

test('only the publisher commits, and only while the task is being published', async () => {
  const call = await farm.claim((await farm.build()).id, one);
  await expect(farm.attempts.commit(call)).rejects.toMatchObject(stale);
});
