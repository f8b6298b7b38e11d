import { join } from 'node:path';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import { ApiProblem, type Client } from '@fatbuildr/client';
import type { Action } from '@fatbuildr/domain';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { submit } from '../farm/submit.ts';

const POLICY = `
roles:
  packager: { '*': [view], default: [view, build, cancel] }
groups:
  team: [bob]
members:
  packager: ['@team']
anonymous: { default: [view] }
`;

let redis: TestRedis;
let farm: Farm;
let anybody: Client;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({
    redis: redis.url,
    instances: { default: INSTANCE, other: INSTANCE },
    settings: 'log: { level: error }',
    policy: POLICY,
  });
  anybody = connect(farm.url, undefined);
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

/** A client with a token of its own. */
async function as(name: string, rights: { role?: string; actions?: Action[]; instance?: string }): Promise<Client> {
  const { token } = await farm.client.createToken({ body: { name, ...rights } });
  return connect(farm.url, token);
}

/** The kind and words of the problem that a call ends with. */
async function refusal(call: Promise<unknown>): Promise<{ kind: string | undefined; words: string }> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiProblem)) throw new Error(`expected a problem, got ${String(error)}`);
  return { kind: error.kind, words: error.message };
}

const denied = (action: string) => ({ kind: 'not-authorised', words: expect.stringContaining(`the action ${action}`) });

test('a role says what its tokens may do, instance by instance', async () => {
  const ann = await as('ann', { role: 'packager' });
  const task = await submit(ann, { artifact: 'plain' });
  expect(task.requestedBy).toBe('ann');
  expect((await farm.ended(task)).outcome).toBe('success');
  expect((await ann.instances({})).instances.map(({ id }) => id)).toEqual(['default', 'other']);
  expect(await refusal(submit(ann, { artifact: 'plain', instance: 'other' }))).toEqual(denied('build'));
  expect(await refusal(ann.tokens({}))).toEqual(denied('admin'));
  expect(await refusal(as('eve', { role: 'owner' }))).toMatchObject({ kind: 'unprocessable' });
});

test('a member of a group has the role of the group', async () => {
  const bob = await as('bob', { actions: ['view'] });
  expect((await submit(bob, { artifact: 'plain' })).requestedBy).toBe('bob');
});

test('a token that is bound to an instance has its role there alone', async () => {
  const bound = await as('bound', { role: 'packager', instance: 'other' });
  expect((await bound.instances({})).instances.map(({ id }) => id)).toEqual(['other']);
  expect(await refusal(submit(bound, { artifact: 'plain', instance: 'other' }))).toEqual(denied('build'));
  expect(await refusal(bound.instance({ params: { instance: 'default' } }))).toEqual(denied('view'));
  expect(new Set((await bound.tasks({ query: {} })).tasks.map(({ instance }) => instance))).toEqual(new Set(['other']));
});

test('anybody sees what the policy shows to all: tasks and their live logs, of that instance and nothing more', async () => {
  const [inside, outside] = [
    await farm.ended(await submit(farm.client, { artifact: 'plain' })),
    await farm.ended(await submit(farm.client, { artifact: 'plain', instance: 'other' })),
  ];
  expect((await anybody.task({ params: { task: inside.id } })).id).toBe(inside.id);
  const log: Uint8Array[] = [];
  const attempt = (task: typeof inside) => task.jobs[0]?.attempts[0]?.id ?? '';
  const end = await anybody.followLog(attempt(inside), { onBytes: async (bytes: Uint8Array) => void log.push(bytes) });
  expect(end.outcome).toBe('success');
  expect(Buffer.concat(log)).toHaveLength(end.length);

  expect(await refusal(anybody.task({ params: { task: outside.id } }))).toMatchObject({ kind: 'not-authenticated' });
  const { status } = await fetch(`${farm.url}/api/v1/attempts/${attempt(outside)}/log`);
  expect(status).toBe(401);
  expect((await anybody.tasks({ query: {} })).tasks.every((task) => task.instance === 'default')).toBe(true);
  expect(await refusal(submit(anybody, { artifact: 'plain' }))).toMatchObject({ kind: 'not-authenticated' });
});

test('one cancels and retries one’s own, and an administrator what others submitted', async () => {
  const carl = await as('carl', { role: 'packager' });
  const dora = await as('dora', { role: 'packager' });
  const admin = await as('root', { actions: ['view', 'build', 'cancel', 'admin'], instance: 'default' });
  const task = await submit(carl, { artifact: 'slow' });
  const params = { task: task.id };
  expect(await refusal(dora.cancel({ params }))).toEqual(denied('admin'));
  expect((await carl.cancel({ params })).outcome).toBe('cancelled');
  expect(await refusal(dora.retry({ params }))).toEqual(denied('admin'));
  const again = await admin.retry({ params });
  expect(again).toMatchObject({ retryOf: task.id, requestedBy: 'root' });
  await admin.cancel({ params: { task: again.id } });
});

test('a revoked token is none from that moment on', async () => {
  const { id, token } = await farm.client.createToken({ body: { name: 'short', actions: ['view'] } });
  const short = connect(farm.url, token);
  await short.tasks({ query: {} });
  await farm.client.revokeToken({ params: { token: id } });
  expect(await refusal(short.tasks({ query: {} }))).toMatchObject({ kind: 'not-authenticated' });
});

test('the audit log tells who did what, from where, and what was refused; the command reads it', async () => {
  const gil = await as('gil', { role: 'packager' });
  const task = await submit(gil, { artifact: 'plain' });
  await refusal(gil.createKeyring({ params: { instance: 'default' }, body: {} }));
  const { entries } = await farm.client.audit({ query: { who: 'gil' } });
  expect(entries.map(({ action, outcome, origin }) => [action, outcome, origin])).toEqual([
    ['POST /instances/:instance/keyring', 'not-authorised', '127.0.0.1'],
    ['build', 'done', '127.0.0.1'],
    ['upload', 'done', '127.0.0.1'],
  ]);
  expect(entries[1]).toMatchObject({ who: 'gil', subject: task.id, detail: 'plain' });
  expect(await refusal(gil.audit({ query: {} }))).toEqual(denied('admin'));
  const later = { since: Date.now() + 3_600_000 };
  expect((await farm.client.audit({ query: later })).entries).toEqual([]);

  const uri = `unix://${farm.directory}/run/api.sock`;
  const arguments_ = ['audit', '--who', 'gil', '--since', '1h', '--uri', uri];
  const run = (more: string[]) => execa(join(process.cwd(), 'apps/cli/bin/fatbuildrctl'), [...arguments_, ...more]);
  expect((await run([])).stdout).toMatch(/gil +127\.0\.0\.1 +build +[a-z2-7]{16} +done +plain/);
  expect(JSON.parse((await run(['--json'])).stdout)).toHaveLength(4);
});

test('pages of the audit log follow one another without a gap', async () => {
  const whole = (await farm.client.audit({ query: { limit: 10 } })).entries;
  const first = await farm.client.audit({ query: { limit: 4 } });
  const second = await farm.client.audit({ query: { limit: 6, cursor: first.next ?? '' } });
  expect([...first.entries, ...second.entries]).toEqual(whole);
});
