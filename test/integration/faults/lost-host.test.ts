import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type HostFarm, hostFarm } from '../hosts/host-farm.ts';
import { type OtherHost, otherHost, startWorkerProcess, type WorkerProcess } from '../hosts/other-host.ts';

const within = { timeout: 30_000, interval: 50 };
let cable: OtherHost;
let farm: HostFarm;
const hosts: Partial<Record<'near' | 'far', WorkerProcess>> = {};

/** Two hosts, processes of their own; the far one is behind a cable. */
beforeAll(async () => {
  cable = otherHost(83);
  farm = await hostFarm(cable.ours);
  for (const name of ['near', 'far'] as const) {
    const { token, api } = await farm.client.addWorker({ body: { name } });
    const args = ['--config', await farm.hostSettings(name), '--api', api, '--token', token];
    hosts[name] = startWorkerProcess(args, name === 'far' ? cable.namespace : undefined);
    await online(name);
  }
  await farm.equip();
});
afterEach(async () => {
  // Whatever failed, the next test finds both hosts well.
  cable.plug();
  hosts.far?.child.kill('SIGCONT');
  await online('far');
  for (const worker of ['near', 'far']) await farm.client.resumeWorker({ params: { worker } });
});
afterAll(async () => {
  for (const host of Object.values(hosts)) await host?.stop();
  await farm?.stop();
  cable?.remove();
});

async function online(worker: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await farm.client.worker({ params: { worker } })).toMatchObject({ state: 'online' });
  }, within);
}

async function attemptsOf(task: string) {
  const { jobs } = await farm.client.task({ params: { task } });
  return jobs.filter(({ name }) => name.startsWith('build')).flatMap(({ attempts }) => attempts);
}

/** A build of two seconds that has begun on the far host; from then on both may take it. */
async function begunFarAway(artifact: string): Promise<string> {
  await farm.client.drainWorker({ params: { worker: 'near' } });
  const { id } = await submit(farm.client, { artifact });
  await vi.waitFor(async () => {
    const [first] = await attemptsOf(id);
    expect(first).toMatchObject({ host: 'far' });
    expect(first?.phases.map(({ name }) => name)).toContain('build');
  }, within);
  return id;
}

/** Ends well on the near host within 45 s of now, after the far one was given up. */
async function endsOnNearHost(id: string): Promise<void> {
  const lost = Date.now();
  await farm.client.resumeWorker({ params: { worker: 'near' } });
  const { outcome } = await farm.ended({ id });
  const attempts = await attemptsOf(id);
  expect(outcome).toBe('success');
  expect(attempts.map(({ host, outcome }) => [host, outcome])).toEqual([
    ['far', 'infrastructure-failure'],
    ['near', 'success'],
  ]);
  expect((attempts[1]?.began ?? Number.POSITIVE_INFINITY) - lost).toBeLessThan(45_000);
}

/** Back again, the far host learns that its attempt is not its own any more, and clears away what it had. */
async function farHostGivesUp(id: string, words: number): Promise<void> {
  const before = await attemptsOf(id);
  await vi.waitFor(async () => {
    expect(hosts.far?.output().split('attempt lost to another host').length).toBe(words + 1);
    expect(await readdir(join(farm.directory, 'far/cache/workspaces'))).toEqual([]);
  }, within);
  expect(await attemptsOf(id)).toEqual(before);
}

async function published(artifact: string): Promise<string[]> {
  const params = { instance: 'default', format: 'deb' as const, distribution: 'bookworm' };
  const { packages } = await farm.client.registry({ params, query: { artifact } });
  return packages.map(({ architecture, version }) => `${architecture} ${version}`).toSorted();
}

test('a cable is pulled: the other host builds within 45 s, and what the first one made is refused', async () => {
  const id = await begunFarAway('slow-cable');
  cable.unplug();
  await endsOnNearHost(id);
  cable.plug();
  await farHostGivesUp(id, 1);
  expect(await published('slow-cable')).toEqual(['amd64 1.0-1.deb12', 'source 1.0-1.deb12']);
}, 120_000);

test('a worker is frozen past its lease and thawed: everything it says is refused, and it cleans up', async () => {
  const id = await begunFarAway('slow-frozen');
  hosts.far?.child.kill('SIGSTOP');
  await endsOnNearHost(id);
  hosts.far?.child.kill('SIGCONT');
  await farHostGivesUp(id, 2);
  expect(await published('slow-frozen')).toEqual(['amd64 1.0-1.deb12', 'source 1.0-1.deb12']);
}, 120_000);
