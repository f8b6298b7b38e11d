import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEnvironmentRefresh } from './refresh-environments.ts';
import { failed, hostReport, type TestControl, testControl } from './test-control.ts';

const DAY = 86_400_000;
let farm: TestControl;
let refresh: () => Promise<void>;

beforeEach(async () => {
  farm = await testControl();
  farm.context.config.environments.refreshAfter = 7 * DAY;
  refresh = createEnvironmentRefresh(farm.context, farm.submissions);
});
afterEach(() => farm.close());

const tasks = async () => (await farm.tasks.list({ limit: 50, state: 'all' })).tasks;

test('an environment is updated once it is older than it may be', async () => {
  await farm.worker('one');
  farm.advance(6 * DAY);
  await farm.worker('one');
  await refresh();
  expect(await tasks()).toEqual([]);
  farm.advance(2 * DAY);
  await farm.worker('one');
  await refresh();
  expect(await tasks()).toMatchObject([
    { kind: 'env-update', format: 'deb', distribution: 'bookworm', requestedBy: 'schedule', state: 'queued' },
  ]);
  await refresh();
  expect(await tasks()).toHaveLength(1);
});

test('one that could not be updated is left alone for a while', async () => {
  farm.advance(8 * DAY);
  const worker = await farm.worker('one');
  await refresh();
  const [task] = await tasks();
  await farm.attempts.result(await farm.claim(task?.id ?? '', worker), failed('build-failure'));
  await refresh();
  expect(await tasks()).toHaveLength(1);
  farm.advance(7 * 3_600_000);
  await farm.worker('one');
  await refresh();
  expect(await tasks()).toHaveLength(2);
});

test('one that is refused keeps no other from its update', async () => {
  const report = hostReport('one');
  const [, environment] = report.trees;
  if (!environment) throw new Error('a host of tests has an environment');
  const { context } = farm;
  const [first] = context.config.instances;
  if (!first) throw new Error('a farm of tests has an instance');
  // What made this one is not there any more.
  const rpm = {
    ...environment,
    format: 'rpm' as const,
    name: 'lab/rpm/el9-amd64',
    instance: 'lab',
    environment: 'el9',
  };
  context.config.instances = [{ ...first, id: 'lab' }, first];
  farm.advance(8 * DAY);
  await farm.worker('one', { trees: [...report.trees, rpm] });
  await refresh();
  expect(await tasks()).toMatchObject([{ kind: 'env-update', instance: 'default', distribution: 'bookworm' }]);
});

test('nothing is asked of hosts that are away, nor without an age', async () => {
  await farm.worker('one');
  farm.advance(8 * DAY);
  await refresh();
  farm.context.config.environments.refreshAfter = undefined;
  await farm.worker('one');
  await refresh();
  expect(await tasks()).toEqual([]);
});
