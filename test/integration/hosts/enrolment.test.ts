import { stat } from 'node:fs/promises';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { enrol, readEnrolment } from '@fatbuildr/worker/src/enrol.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type Host, type HostFarm, hostFarm } from './host-farm.ts';
import { answersTo, redisAs } from './redis-as.ts';

const within = { timeout: 20_000, interval: 50 };
let farm: HostFarm;
let one: Host;
let two: Host;

beforeAll(async () => {
  farm = await hostFarm('127.0.0.1', { other: INSTANCE.replace('Test farm', 'Other farm') });
  one = await farm.join('one');
  two = await farm.join('two');
  await farm.equip();
});
afterAll(() => farm.stop());

test('a token works once, and is not kept', async () => {
  const { token } = await farm.client.addWorker({ body: { name: 'late' } });
  const { loadConfig } = await import('@fatbuildr/config');
  const config = await loadConfig({ file: await farm.hostSettings('late') });
  const enrolment = await enrol(config, { api: farm.url, token, fetch });
  expect(enrolment).toMatchObject({ name: 'late', pool: 'default', api: farm.url });
  const again = enrol(config, { api: farm.url, token, fetch });
  await expect(again).rejects.toMatchObject({ outcome: 'rejected', message: expect.stringContaining('it was used') });
  expect((await stat(config.worker.secretFile)).mode & 0o777).toBe(0o600);
  expect(await readEnrolment(config)).toEqual(enrolment);
  expect(JSON.stringify(enrolment)).not.toContain(token);
  await farm.client.removeWorker({ params: { worker: 'late' } });
});

test('a name is taken once; a new invitation ends the one before', async () => {
  await expect(farm.client.addWorker({ body: { name: 'one' } })).rejects.toThrow(/already/);
  const first = await farm.client.addWorker({ body: { name: 'later' } });
  await farm.client.addWorker({ body: { name: 'later' } });
  const config = { ...one.config, paths: { ...one.config.paths, state: `${farm.directory}/nobody` } };
  await expect(enrol(config, { api: farm.url, token: first.token, fetch })).rejects.toThrow(/not known/);
});

test('a host builds: tickets come by TLS, and its secrets are worth nothing to others', async () => {
  const task = await farm.ended(await submit(farm.client, { artifact: 'hello' }));
  expect(task.outcome).toBe('success');
  const { workers } = await farm.client.workers({});
  expect(workers.map(({ name, state }) => [name, state])).toEqual([
    ['one', 'online'],
    ['two', 'online'],
  ]);
});

test('a drained host gets nothing and finishes what it has; resumed, it gets jobs', async () => {
  await farm.client.drainWorker({ params: { worker: 'one' } });
  const drained = await farm.client.worker({ params: { worker: 'one' } });
  expect(drained).toMatchObject({ state: 'draining', reason: 'drained by an administrator' });
  const tasks = [];
  for (let round = 0; round < 4; round++) tasks.push(await submit(farm.client, { artifact: `drain${round}` }));
  const hosts = [];
  for (const task of tasks) {
    const { jobs } = await farm.ended(task);
    hosts.push(...jobs.filter(({ name }) => name.startsWith('build')).flatMap(({ attempts }) => attempts));
  }
  expect(hosts.map(({ host }) => host)).toEqual(['two', 'two', 'two', 'two']);

  await farm.client.drainWorker({ params: { worker: 'two' } });
  const waiting = await submit(farm.client, { artifact: 'patient' });
  await vi.waitFor(async () => {
    const { state, waiting: why } = await farm.client.task({ params: { task: waiting.id } });
    expect([state, why]).toEqual(['queued', expect.stringMatching(/one is draining.*two is draining/)]);
  }, within);
  await farm.client.resumeWorker({ params: { worker: 'one' } });
  const { jobs } = await farm.ended(waiting);
  expect(jobs[0]?.attempts.map(({ host }) => host)).toEqual(['one']);
  await farm.client.resumeWorker({ params: { worker: 'two' } });
});

test('after a restart of Redis the users are back, and builds go on', async () => {
  await farm.restartRedis();
  await vi.waitFor(async () => {
    const client = redisAs(two);
    const [answer] = await answersTo(client, [['LLEN', 'fatbuildr:default.deb.amd64:wait']]);
    client.disconnect();
    expect(answer).toMatch(/: \d+$/);
  }, within);
  expect((await farm.ended(await submit(farm.client, { artifact: 'hello', version: '2.0' }))).outcome).toBe('success');
});

test('a host serves the instances it is told to; a job that nobody takes says so', async () => {
  const three = await farm.join('three', { instances: ['other'] });
  expect(await farm.client.worker({ params: { worker: 'three' } })).toMatchObject({ instances: ['other'] });
  for (const worker of ['one', 'two']) await farm.client.drainWorker({ params: { worker } });
  const task = await submit(farm.client, { artifact: 'mine' });
  await vi.waitFor(async () => {
    const { waiting } = await farm.client.task({ params: { task: task.id } });
    expect(waiting).toMatch(/one is draining.*two is draining/);
  }, within);
  await farm.equip('other');
  const theirs = await farm.ended(await submit(farm.client, { artifact: 'theirs', instance: 'other' }));
  expect(theirs.jobs[0]?.attempts.map(({ host }) => host)).toEqual(['three']);
  expect((await farm.client.task({ params: { task: task.id } })).state).toBe('queued');
  for (const worker of ['one', 'two']) await farm.client.resumeWorker({ params: { worker } });
  expect((await farm.ended(task)).outcome).toBe('success');
  expect(three.revoked).toBe(0);
});

test('a removed host is out at once: api, Redis, and what it was doing', async () => {
  await farm.client.drainWorker({ params: { worker: 'one' } });
  const task = await submit(farm.client, { artifact: 'hang' });
  await vi.waitFor(async () => {
    expect((await farm.client.task({ params: { task: task.id } })).state).toBe('running');
  }, within);
  const open = redisAs(two);
  expect(await open.ping()).toBe('PONG');
  const closed = new Promise((resolve) => open.once('close', resolve));
  await farm.client.removeWorker({ params: { worker: 'two' } });
  await closed;
  const again = redisAs(two);
  expect(await answersTo(again, [['PING']])).not.toContain('PING: PONG');
  again.disconnect();
  const call = await fetch(`${farm.url}/api/v1/worker/claims`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${two.secret}` },
    body: JSON.stringify({ job: 'a'.repeat(16) }),
  });
  expect(call.status).toBe(401);
  const { jobs, state } = await farm.client.task({ params: { task: task.id } });
  expect(state).toBe('queued');
  expect(jobs[0]?.attempts.map(({ outcome, cause }) => [outcome, cause?.message])).toEqual([
    ['infrastructure-failure', 'The worker two was removed.'],
  ]);
  await vi.waitFor(() => expect(two.revoked).toBe(1), within);
  await farm.client.cancel({ params: { task: task.id } });
  await expect(farm.client.worker({ params: { worker: 'two' } })).rejects.toThrow(/no worker called two/);
});
