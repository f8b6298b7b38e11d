import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEnvironmentRefresh } from './refresh-environments.ts';
import { environment, failed, image, type TestControl, testControl } from './test-control.ts';

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

test('one that nobody has the tools for keeps no other from being updated', async () => {
  const rpm = { ...environment, name: 'default/rpm/el9-amd64', format: 'rpm' as const, environment: 'el9' };
  const trees = [{ ...image, name: 'rpm', format: 'rpm' as const }, environment, rpm];
  farm.advance(8 * DAY);
  await farm.worker('one', { trees });
  await refresh();
  expect(await tasks()).toMatchObject([{ kind: 'env-update', distribution: 'el9' }]);
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
