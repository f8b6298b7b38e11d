import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type HostFarm, hostFarm } from './host-farm.ts';
import { type OtherHost, otherHost, startWorkerProcess, type WorkerProcess } from './other-host.ts';

const within = { timeout: 30_000, interval: 100 };
let cable: OtherHost;
let farm: HostFarm;
let settings: Record<'near' | 'far', string>;
const processes: Partial<Record<'near' | 'far', WorkerProcess>> = {};

/** What `workers add` prints, run as the process it is for. */
async function join(name: 'near' | 'far', namespace?: string): Promise<void> {
  const { token, api } = await farm.client.addWorker({ body: { name } });
  processes[name] = startWorkerProcess(['--config', settings[name], '--api', api, '--token', token], namespace);
  await online(name);
}

async function online(name: string, state = 'online'): Promise<void> {
  await vi.waitFor(async () => {
    expect(await farm.client.worker({ params: { worker: name } })).toMatchObject({ state });
  }, within);
}

async function hostOf(artifact: string): Promise<string[]> {
  const { outcome, jobs } = await farm.ended(await submit(farm.client, { artifact }));
  expect(outcome).toBe('success');
  return jobs[0]?.attempts.map(({ host }) => host) ?? [];
}

beforeAll(async () => {
  cable = otherHost(77);
  farm = await hostFarm(cable.ours);
  settings = { near: await farm.hostSettings('near'), far: await farm.hostSettings('far') };
  await join('near');
  await join('far', cable.namespace);
  await farm.equip();
});
afterAll(async () => {
  for (const one of Object.values(processes)) await one?.stop();
  await farm?.stop();
  cable?.remove();
});

test('each of two hosts builds, one of them across a network', async () => {
  expect(farm.url).toContain(cable.ours);
  await farm.client.drainWorker({ params: { worker: 'near' } });
  expect(await hostOf('distant')).toEqual(['far']);
  await farm.client.resumeWorker({ params: { worker: 'near' } });
  await farm.client.drainWorker({ params: { worker: 'far' } });
  expect(await hostOf('close')).toEqual(['near']);
  await farm.client.resumeWorker({ params: { worker: 'far' } });
});

test('a host that was started once needs no token', async () => {
  expect(await processes.far?.stop()).toBe(0);
  processes.far = startWorkerProcess(['--config', settings.far], cable.namespace);
  await vi.waitFor(() => expect(processes.far?.output()).toContain('ready'), within);
  await online('far');
  await farm.client.drainWorker({ params: { worker: 'near' } });
  expect(await hostOf('again')).toEqual(['far']);
});

test('a token that was used, and an api that is not there, are told in words', async () => {
  const { token, api } = await farm.client.addWorker({ body: { name: 'third' } });
  const file = await farm.hostSettings('third');
  const lost = startWorkerProcess(['--config', file, '--api', 'http://10.214.77.1:1', '--token', token]);
  expect(await new Promise((resolve) => lost.child.once('exit', resolve))).toBe(78);
  expect(lost.output()).toContain('The api at http://10.214.77.1:1 does not answer');
  const refused = startWorkerProcess(['--config', file, '--api', api, '--token', 'a'.repeat(32)]);
  expect(await new Promise((resolve) => refused.child.once('exit', resolve))).toBe(78);
  expect(refused.output()).toContain('This enrolment token is not known');
  expect(refused.output()).toContain('fatbuildrctl workers add');
});

test('the process of a host that was removed ends, and is not to be started again', async () => {
  const ended = new Promise((resolve) => processes.far?.child.once('exit', resolve));
  await farm.client.removeWorker({ params: { worker: 'far' } });
  expect(await ended).toBe(78);
  expect(processes.far?.output()).toContain('it was removed');
});
