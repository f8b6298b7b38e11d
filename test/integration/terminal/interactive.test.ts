import { stat } from 'node:fs/promises';
import type { Task } from '@fatbuildr/domain';
import { makeSource } from '@fatbuildr/testing/deb';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { hostArchitecture } from '@fatbuildr/worker/src/host/architectures.ts';
import { environmentId } from '@fatbuildr/worker/src/trees/tree-id.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../containers/support.ts';
import { attach, attemptOf, holdMinimalTrees, leftOf, workspaceOf } from './support.ts';

/** What pbuilder does as far as a farm sees it: its hooks, a tree with the unpacked source, and the end. */
const PBUILDER = `
echo network access will be disabled during build
cd /build/hooks
sh ./D00phase; sh ./A00phase
mkdir -p /build/chroot/build/sad-1.0/debian
echo half-made > /build/chroot/build/sad-1.0/halfway
sh ./C00phase
exit 1
`;

const SETTINGS = `
limits: { shell: 20s, shellSilence: 5s }
commands: { pbuilder: [/bin/sh, -c, ${JSON.stringify(PBUILDER)}, sh] }
`;

let redis: TestRedis;
let farm: Farm;
let packager: string;

beforeAll(async () => {
  redis = await startRedis();
  const architecture = hostArchitecture();
  const environment = environmentId({ instance: 'default', format: 'deb', name: 'bookworm', architecture });
  farm = await startFarm({
    redis: redis.url,
    slots: 4,
    instances: { default: `${INSTANCE}architectures: [${architecture}]\nwarm: false\n` },
    settings: SETTINGS,
    containers: { prepare: (config) => holdMinimalTrees(config, [environment]), shellLeftMs: 700 },
  });
  await farm.ended(await farm.client.createKeyring({ params: { instance: 'default' }, body: {} }));
  packager = await token('packager', ['view', 'build']);
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

async function token(name: string, actions: ('view' | 'build' | 'images')[]): Promise<string> {
  return (await farm.client.createToken({ body: { name, actions } })).token;
}

const WHERE = { params: { instance: 'default' } };

/** An interactive build of a source package whose build fails. */
async function submit(changes: { interactive?: boolean } = {}): Promise<Task> {
  const [dsc, ...files] = await Promise.all(
    (await makeSource({ name: 'sad', version: '1.0' })).map(({ name, content }) =>
      farm.client.uploadFile({
        name,
        size: content.length,
        read: async (start, end) => new Uint8Array(content.subarray(start, end)),
      }),
    ),
  );
  if (!dsc) throw new Error('there is no source package');
  return farm.client.build({
    ...WHERE,
    body: {
      distribution: 'bookworm',
      source: { kind: 'dsc', dsc, files },
      submitter: { name: 'Ann Packager', email: 'ann@fatbuildr.invalid' },
      message: 'a change',
      interactive: true,
      ...changes,
    },
  });
}

const shellPhase = async (task: Task) => {
  const { jobs } = await farm.client.task({ params: { task: task.id } });
  return jobs[0]?.attempts[0]?.phases.find(({ name }) => name === 'shell');
};

const failed = { outcome: 'build-failure', cause: { message: expect.stringContaining('The package failed to build') } };

async function nothingIsLeft(attempt: string): Promise<void> {
  await until(async () => !(await stat(workspaceOf(farm.directory, attempt)).catch(() => undefined)));
  await until(async () => (await leftOf(attempt)).length === 0);
}

test('a build that fails waits for people, who see what it left; when they leave it is the failure that it was', async () => {
  const task = await submit();
  const attempt = await attemptOf(farm.client, task);
  await until(async () => (await shellPhase(task)) !== undefined);
  const waiting = async () => (await farm.client.task({ params: { task: task.id } })).waiting;
  await until(async () => (await waiting()) !== null);
  expect(await waiting()).toBe(`Its build failed: it is waiting for a shell. Join with: fatbuildrctl join ${task.id}`);

  const ada = attach(farm.url, packager, attempt);
  await ada.sees('The package failed to build');
  ada.type('pwd; cat halfway; id -un; ls /sys/class/net; echo "$DEB_BUILD_OPTIONS"\n');
  await ada.sees('/build/sad-1.0\r\nhalf-made\r\nroot\r\nlo\r\nparallel=');
  const bob = attach(farm.url, await token('bob', ['view', 'build']), attempt);
  await bob.sees('half-made');
  expect(await waiting()).toMatch(/^Its build failed: it is in a shell, 2 attached/);
  bob.type('exit 3\n');
  expect(await Promise.all([ada.closed, bob.closed])).toEqual([1000, 1000]);
  expect(ada.notices.at(-1)).toMatchObject({ ended: { status: 3, outcome: 'build-failure' } });
  const ended = await farm.ended(task);
  expect(ended).toMatchObject(failed);
  expect(ended.jobs[0]?.attempts).toHaveLength(1);
  await nothingIsLeft(attempt);
});

test('nobody comes: it ends as the failure that it was', async () => {
  const task = await submit();
  const attempt = await attemptOf(farm.client, task);
  expect(await farm.ended(task)).toMatchObject(failed);
  await nothingIsLeft(attempt);
});

test('a cancel ends the shell, and the build is cancelled', async () => {
  const task = await submit();
  const attempt = await attemptOf(farm.client, task);
  const ada = attach(farm.url, packager, attempt);
  await ada.sees('# ');
  await farm.client.cancel({ params: { task: task.id } });
  expect(await ada.closed).toBe(1000);
  expect(await farm.ended(task)).toMatchObject({ outcome: 'cancelled' });
  await nothingIsLeft(attempt);
});

test('any other build opens no shell, and has no terminal', async () => {
  const task = await submit({ interactive: false });
  expect(await farm.ended(task)).toMatchObject(failed);
  expect(await shellPhase(task)).toBeUndefined();
  const attempt = await attemptOf(farm.client, task);
  expect(await attach(farm.url, packager, attempt).closed).toBe(409);
});
