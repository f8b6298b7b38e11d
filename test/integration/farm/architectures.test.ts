import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TaskDetail } from '@fatbuildr/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Host, type HostFarm, hostFarm } from '../hosts/host-farm.ts';
import { ctl } from './ctl.ts';
import { submit } from './submit.ts';

/* Two hosts, of amd64 and of arm64, and builds for both. */

const INSTANCE = `name: Two architectures
gpg: { name: Two architectures, email: two@fatbuildr.invalid }
architectures: [amd64, arm64]
formats: { deb: [{ name: bookworm, tag: deb12 }] }
`;
const BOTH = { architectures: ['amd64', 'arm64'] };

let farm: HostFarm;
let arm: Host;
let intel: Host;
beforeAll(async () => {
  farm = await hostFarm('127.0.0.1', { default: INSTANCE });
  intel = await farm.join('intel', { architectures: ['amd64'] });
  arm = await farm.join('arm', { architectures: ['arm64'] });
  await farm.equip();
});
afterAll(() => farm?.stop());

const build = async (artifact: string) => farm.ended(await submit(farm.client, { artifact, ...BOTH }));
const standing = ({ jobs }: TaskDetail) => Object.fromEntries(jobs.map(({ name, outcome }) => [name, outcome]));
const attemptOf = ({ jobs }: TaskDetail, name: string) => jobs.find((job) => job.name === name)?.attempts.at(-1);
const packages = async (artifact: string) => {
  const params = { instance: 'default', format: 'deb', distribution: 'bookworm' } as const;
  return (await farm.client.registry({ params, query: { artifact } })).packages;
};
const publications = async () => {
  const params = { instance: 'default', format: 'deb', distribution: 'bookworm' } as const;
  return (await farm.client.publications({ params, query: {} })).publications;
};

async function until(task: string, condition: (task: TaskDetail) => boolean): Promise<TaskDetail> {
  for (;;) {
    const found = await farm.client.task({ params: { task } });
    if (condition(found)) return found;
    if (found.state === 'done') throw new Error(`it ended: ${JSON.stringify(standing(found))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('source once, the packages of both at the same time on the hosts that can, one publication', async () => {
  const before = (await publications()).length;
  const task = await build('slow-both');
  expect(task).toMatchObject({ outcome: 'success', version: '1.0-1.deb12', architectures: ['amd64', 'arm64'] });
  expect(standing(task)).toEqual({
    ...{ source: 'success', 'binary:amd64': 'success', 'binary:arm64': 'success', publish: 'success' },
  });
  const [amd64, arm64] = [attemptOf(task, 'binary:amd64'), attemptOf(task, 'binary:arm64')];
  expect([amd64?.host, arm64?.host]).toEqual(['intel', 'arm']);
  expect(amd64?.began).toBeLessThan(arm64?.ended ?? 0);
  expect(arm64?.began).toBeLessThan(amd64?.ended ?? 0);
  expect((await publications()).length).toBe(before + 1);

  const published = await packages('slow-both');
  expect(published.map(({ architecture }) => architecture).toSorted()).toEqual(['amd64', 'arm64', 'source']);
  for (const { path, sha256 } of published) {
    const bytes = await (await fetch(`${farm.url}/default/${path}`)).bytes();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
});

test('one that fails ends the other where it runs, and publishes nothing', async () => {
  const before = (await publications()).length;
  const began = Date.now();
  const task = await build('hang-on-amd64-fail-on-arm64');
  const cause = { message: expect.stringContaining('failed to build') };
  expect(task).toMatchObject({ outcome: 'build-failure', cause });
  expect(standing(task)).toEqual({
    ...{ source: 'success', 'binary:amd64': 'cancelled', 'binary:arm64': 'build-failure' },
  });
  expect(await packages('hang-on-amd64-fail-on-arm64')).toEqual([]);
  // its host, which has one slot, is free again
  expect(await build('plain')).toMatchObject({ outcome: 'success' });
  expect(Date.now() - began).toBeLessThan(20_000);
  expect((await publications()).length).toBe(before + 1);
});

test('while the host of one takes no job the task waits and says for what, and the packages of the other are kept', async () => {
  await farm.client.drainWorker({ params: { worker: 'arm' } });
  const task = await submit(farm.client, { artifact: 'patient', ...BOTH });
  const waiting = await until(task.id, (found) => attemptOf(found, 'binary:amd64')?.outcome === 'success');
  expect(waiting.state).toBe('queued');
  expect(waiting.waiting).toBe('binary:arm64: The worker it needs, arm, is draining.');
  const shown = await ctl({ directory: join(farm.directory, 'farm') }, ['show', task.id]);
  expect(shown.stdout).toMatch(/binary:arm64 {2}queued .*\n {2}waiting: The worker it needs, arm/);
  await farm.client.resumeWorker({ params: { worker: 'arm' } });
  expect(await farm.ended(task)).toMatchObject({ outcome: 'success' });
  expect(await packages('patient')).toHaveLength(3);
});

test('a host that announces an architecture again takes what waited for it; until then it is told what to do', async () => {
  await farm.client.drainWorker({ params: { worker: 'arm' } });
  const task = await submit(farm.client, { artifact: 'learned', ...BOTH });
  await until(task.id, (found) => attemptOf(found, 'binary:amd64')?.outcome === 'success');
  await arm.restart(['amd64']);
  await farm.client.resumeWorker({ params: { worker: 'arm' } });
  const { waiting } = await until(task.id, (found) => found.waiting?.includes('No worker serves') ?? false);
  expect(waiting).toMatch(/^binary:arm64: No worker serves default\.deb\.arm64: .* emulate it: qemu-user-static/);
  await arm.restart(['amd64', 'arm64']);
  const ended = await farm.ended(task);
  expect(ended).toMatchObject({ outcome: 'success' });
  expect(attemptOf(ended, 'binary:arm64')).toMatchObject({ host: 'arm' });
  expect(await packages('learned')).toHaveLength(3);
});

test('one that never had it waits for its environment, and builds once that is there', async () => {
  await farm.client.drainWorker({ params: { worker: 'arm' } });
  const task = await submit(farm.client, { artifact: 'new-here', ...BOTH });
  await until(task.id, (found) => attemptOf(found, 'binary:amd64')?.outcome === 'success');
  await farm.client.removeWorker({ params: { worker: 'arm' } });
  await intel.restart(['amd64', 'arm64']);
  const { waiting } = await until(task.id, (found) => found.waiting?.includes('No worker has') ?? false);
  expect(waiting).toBe(
    'binary:arm64: No worker has the build environment of bookworm for arm64 yet. ' +
      'Create it with: fatbuildrctl images env-create -f deb -d bookworm --instance default',
  );
  await farm.client.environmentOperation({ params: { instance: 'default' }, body: { operation: 'create' } });
  const ended = await farm.ended(task);
  expect(ended).toMatchObject({ outcome: 'success' });
  expect(ended.jobs.find(({ name }) => name === 'binary:arm64')?.attempts).toHaveLength(1);
});
