import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type BootedSystem, bootSystem } from './booted-system.ts';

const USERS = {
  redis: 'fatbuildr-redis',
  api: 'fatbuildr',
  publisher: 'fatbuildr-publisher',
  worker: 'root',
} as const;
const SERVICES = Object.keys(USERS) as (keyof typeof USERS)[];
const unitOf = (service: string) => `fatbuildr-${service}.service`;
const within = { timeout: 60_000, interval: 200 };

let system: BootedSystem;
beforeAll(async () => {
  system = await bootSystem();
}, 600_000);
afterAll(() => system?.remove(), 120_000);

async function statesOf(name: string): Promise<Record<string, string>> {
  const values = SERVICES.map(async (service) => [service, await system.property(unitOf(service), name)] as const);
  return Object.fromEntries(await Promise.all(values));
}

const all = (value: string) => Object.fromEntries(SERVICES.map((service) => [service, value]));

async function ended({ id }: { id: string }) {
  return vi.waitFor(async () => {
    const task = await system.client.task({ params: { task: id } });
    expect(task.state).toBe('done');
    return task;
  }, within);
}

async function workerIsOnline(): Promise<void> {
  await vi.waitFor(async () => {
    const { workers } = await system.client.workers({});
    expect(workers.map(({ state }) => state)).toEqual(['online']);
  }, within);
}

test('the target starts every service as its user, and a build goes into the repository', async () => {
  expect(await statesOf('ActiveState')).toEqual(all('active'));
  expect(await statesOf('NRestarts')).toEqual(all('0'));
  for (const service of SERVICES) {
    const pid = await system.property(unitOf(service), 'MainPID');
    const user = await system.run('stat', '--format=%U', `/proc/${pid}`);
    expect({ service, user }).toEqual({ service, user: USERS[service] });
  }
  await workerIsOnline();
  const params = { instance: 'default' };
  const { client } = system;
  const steps = [
    () => client.createKeyring({ params, body: {} }),
    () => client.imageOperation({ params, body: { operation: 'create' } }),
    () => client.environmentOperation({ params, body: { operation: 'create' } }),
    () => submit(client, { artifact: 'hello' }),
  ];
  for (const step of steps) {
    const { kind, outcome, cause } = await ended(await step());
    expect({ kind, outcome, cause }).toEqual({ kind, outcome: 'success', cause: null });
  }
  const list = await system.run('fatbuildrctl', 'registry', 'list', '--distribution', 'bookworm');
  expect(list).toMatch(/^hello +1\.0-1\.deb12/m);
}, 180_000);

test('a service that is killed is started again, and the farm builds', async () => {
  for (const service of SERVICES) await system.run('systemctl', 'kill', '--signal=KILL', unitOf(service));
  await vi.waitFor(async () => {
    expect(await statesOf('NRestarts')).toEqual(all('1'));
    expect(await statesOf('ActiveState')).toEqual(all('active'));
  }, within);
  await vi.waitFor(() => system.client.version({}), within);
  await workerIsOnline();
  expect(await ended(await submit(system.client, { artifact: 'again' }))).toMatchObject({ outcome: 'success' });
}, 180_000);

test('a configuration that cannot be used is told in the journal, and not tried again and again', async () => {
  await system.configure('nonsense: true\n');
  await system.run('systemctl', 'restart', unitOf('api'));
  await vi.waitFor(async () => expect(await system.property(unitOf('api'), 'ActiveState')).toBe('failed'), within);
  expect(await system.property(unitOf('api'), 'ExecMainStatus')).toBe('78');
  expect(await system.run('journalctl', '--no-pager', `--unit=${unitOf('api')}`)).toContain('nonsense');
  await system.configure('');
  await system.run('systemctl', 'start', unitOf('api'));
  await vi.waitFor(() => system.client.version({}), within);
}, 120_000);

test('the target stops every service, and each in good order', async () => {
  await workerIsOnline();
  await system.run('systemctl', 'stop', 'fatbuildr.target');
  await vi.waitFor(async () => expect(await statesOf('ActiveState')).toEqual(all('inactive')), within);
  expect(await statesOf('Result')).toEqual(all('success'));
  expect(await system.run('systemctl', '--failed', '--quiet', '--no-pager')).toBe('');
}, 180_000);
