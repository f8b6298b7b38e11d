import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AttemptCall, WorkerIdentity } from './services.ts';
import { failed, packageOf, published, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const version = { name: 'hello', main: '2.10', release: '1' };

async function reserve(derivative = 'main'): Promise<{ call: AttemptCall; task: string; full: string }> {
  const task = await farm.build({ derivative });
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, version);
  return { call, task: task.id, full };
}

async function publish({ call, task, full }: { call: AttemptCall; task: string; full: string }): Promise<void> {
  await farm.attempts.result(call, await farm.built(call, full));
  const publishing = await farm.claim(task, farm.publisher);
  await farm.tell([packageOf('hello', full)]);
  await farm.attempts.result(publishing, published());
  farm.advance(1000);
}

test('the build number grows with what is published, and the changelog with it', async () => {
  const first = await reserve();
  expect(first.full).toBe('2.10-1.deb12');
  await publish(first);
  const second = await reserve();
  expect(second.full).toBe('2.10-1.deb12+build2');
  await publish(second);
  const task = await farm.build({ message: 'Third' });
  const answer = await farm.attempts.reserveVersion(await farm.claim(task.id, one), version);
  expect(answer).toMatchObject({ full: '2.10-1.deb12+build3', fullRelease: '1.deb12+build3' });
  expect(answer.changelog.map((entry) => [entry.version, entry.message])).toEqual([
    ['2.10-1.deb12+build3', 'Third'],
    ['2.10-1.deb12+build2', 'First build'],
    ['2.10-1.deb12', 'First build'],
  ]);
});

test('builds that are published in another order than they were submitted in have the latest on top', async () => {
  const late = await reserve();
  farm.advance(86_400_000);
  const early = await reserve();
  await publish(early);
  // As long as it has not been published, its own entry is the newest all the same.
  const { changelog } = await farm.attempts.reserveVersion(late.call, version);
  expect(changelog.map((entry) => entry.version)).toEqual([late.full, early.full]);
  expect(changelog[0]?.timestamp).toBe(changelog[1]?.timestamp);
  await publish(late);
  farm.advance(86_400_000);
  const third = await reserve();
  const times = (await farm.attempts.reserveVersion(third.call, version)).changelog;
  expect(times.map((entry) => entry.version)).toEqual([third.full, early.full, late.full]);
  expect(times.map(({ timestamp }) => timestamp)).toEqual(
    times.map(({ timestamp }) => timestamp).toSorted((a, b) => b - a),
  );
});

test('a version that went is not given again: not while a publication has it, nor after', async () => {
  const first = await reserve();
  await publish(first);
  await farm.tell([packageOf('other', '1.5-1.deb12')]);
  const gone = ({ full }: { full: string }) => {
    const { derivative, name, version, architecture } = packageOf('hello', full);
    return { derivative, name, version, architecture };
  };
  const removed = [gone(first), { ...gone(first), name: 'other', version: '1.5-1.deb12' }];
  await farm.tell([], { removed });
  expect((await reserve()).full).toBe('2.10-1.deb12+build2');
  // By then no publication has it any more.
  await farm.tell([], { oldest: 4 });
  expect((await reserve('backports')).full).toBe('2.10-1.deb12+build3');
});

test('two builds at once get two numbers, whatever their derivative', async () => {
  const [a, b] = [await reserve(), await reserve('backports')];
  expect([a.full, b.full]).toEqual(['2.10-1.deb12', '2.10-1.deb12+build2']);
});

test('the number of a build that failed is free again; a new attempt keeps its own', async () => {
  const { call } = await reserve();
  await farm.attempts.result(call, failed('build-failure'));
  const second = await reserve();
  expect(second.full).toBe('2.10-1.deb12');
  await farm.attempts.result(second.call, failed('infrastructure-failure'));
  farm.advance(5000);
  const again = await farm.claim(second.task, one);
  expect((await farm.attempts.reserveVersion(again, version)).full).toBe('2.10-1.deb12');
});

test('a definition of another name, and a version that is none, are refused', async () => {
  const { call } = await reserve();
  await expect(farm.attempts.reserveVersion(call, { ...version, name: 'bash' })).rejects.toThrow(/bash/);
  await expect(farm.attempts.reserveVersion(call, { ...version, main: 'no version' })).rejects.toMatchObject({
    kind: 'unprocessable',
  });
});
