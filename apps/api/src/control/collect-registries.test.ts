import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectRegistries } from './collect-registries.ts';
import { published, type TestControl, testControl } from './test-control.ts';

const DAY = 24 * 3_600_000;

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
  await farm.ready();
});
afterEach(() => farm.close());

const look = () => collectRegistries(farm.context, farm.submissions);
const collections = async () =>
  (await farm.tasks.list({ limit: 50, state: 'all' })).tasks.filter(({ kind }) => kind === 'registry-gc');

async function publish(times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) await farm.tell([], { created: farm.context.clock() });
}

test('repositories are collected once a day, when they keep more than enough for long enough', async () => {
  await look();
  await publish(11);
  await look();
  expect(await collections()).toEqual([]);
  farm.advance(3 * DAY + 1);
  await look();
  await look();
  const [task, ...others] = await collections();
  expect(others).toEqual([]);
  expect(task).toMatchObject({ requestedBy: 'schedule', instance: 'default', dryRun: false });
  const call = await farm.claim(task!.id, farm.publisher);
  expect(call.order).toEqual({
    ...{ kind: 'registry-gc', instance: 'default', graceMs: 3 * DAY, keepPublications: 10, dryRun: false },
  });
  await farm.attempts.result(call, published());
  farm.advance(DAY + 1);
  await look();
  expect(await collections()).toHaveLength(2);
});

test('where little is published it is once a week, for what no publication tells of', async () => {
  await publish(2);
  const made: number[] = [];
  for (const days of [6, 1, 0, 6, 1]) {
    farm.advance(days * DAY);
    await look();
    made.push((await collections()).length);
    for (const { id, state } of await collections()) {
      if (state !== 'done') await farm.attempts.result(await farm.claim(id, farm.publisher), published());
    }
  }
  expect(made).toEqual([0, 1, 1, 1, 2]);
});

test('a dry run is none', async () => {
  await publish(11);
  farm.advance(3 * DAY + 1);
  await farm.submissions.collect('default', { dryRun: true }, { name: 'local' });
  await look();
  expect(new Set((await collections()).map(({ dryRun }) => dryRun))).toEqual(new Set([false, true]));
});
