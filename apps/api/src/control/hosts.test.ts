import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerIdentity } from './services.ts';
import { failed, hostReport, local, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
  farm.context.config.redis = { url: 'redis://queue.example.org:6379/3', socket: '/nowhere' };
});
afterEach(() => farm.close());

const state = async (name: string) => {
  const { state, reason } = await farm.workers.get(name);
  return [state, reason];
};

/** A job that fails on `host` through the host's fault, or ends well. */
async function attempt(host: WorkerIdentity, outcome: 'infrastructure-failure' | 'build-failure'): Promise<string> {
  const task = await farm.build();
  await farm.attempts.result(await farm.claim(task.id, host), failed(outcome, 'no such tool'));
  return task.id;
}

test('an invitation is good for an hour and for one host, and names where Redis is', async () => {
  const invite = () => farm.enrolments.invite({ name: 'far', pool: 'fast', instances: ['default'] }, local);
  const late = await invite();
  farm.advance(3_600_000);
  await expect(farm.enrolments.enrol(late.token, '10.0.0.2')).rejects.toMatchObject({ kind: 'not-authenticated' });
  const { token } = await invite();
  farm.advance(3_599_000);
  const enrolled = await farm.enrolments.enrol(token, '10.0.0.2');
  expect(enrolled).toMatchObject({ name: 'far', pool: 'fast' });
  expect(enrolled.redis).toMatchObject({ host: 'queue.example.org', port: 6379, db: 3, username: 'worker:far' });
  await expect(farm.enrolments.enrol(token, '10.0.0.2')).rejects.toMatchObject({ kind: 'not-authenticated' });
  const identity = await farm.workers.authenticate(enrolled.secret);
  await farm.workers.register(identity, { ...hostReport('far'), liveAttempts: [] });
  expect(await farm.workers.get('far')).toMatchObject({ pool: 'fast', instances: ['default'], state: 'online' });
});

test('nothing that would let in is kept as it is', async () => {
  const { token } = await farm.enrolments.invite({ name: 'far', pool: 'default' }, local);
  const enrolled = await farm.enrolments.enrol(token, '10.0.0.2');
  const rows = JSON.stringify(await farm.database.stores.workers.list());
  for (const secret of [token, enrolled.secret, enrolled.redis.password]) expect(rows).not.toContain(secret);
});

test('no host is invited where Redis listens for this machine alone, or for an instance that is not there', async () => {
  await expect(farm.enrolments.invite({ name: 'far', pool: 'default', instances: ['nope'] }, local)).rejects.toThrow(
    /nope/,
  );
  farm.context.config.redis = { url: undefined, socket: '/nowhere' };
  await expect(farm.enrolments.invite({ name: 'far', pool: 'default' }, local)).rejects.toMatchObject({
    kind: 'unprocessable',
    hint: expect.stringContaining('listen'),
  });
});

test('a host that fails job after job is quarantined; the job that shows it may try elsewhere', async () => {
  const one = await farm.ready();
  for (let failures = 1; failures < 5; failures++) await attempt(one, 'infrastructure-failure');
  expect(await state('one')).toEqual(['online', null]);
  const last = await attempt(one, 'infrastructure-failure');
  expect(await state('one')).toEqual(['quarantined', expect.stringMatching(/5 attempts in a row.*no such tool/)]);
  expect((await farm.database.stores.jobs.ofTask(last))[0]).toMatchObject({ state: 'queued', tries: 0 });
  farm.advance(3_000);
  await farm.workers.report(one, hostReport('one'));
  await expect(farm.claim(last, one)).rejects.toThrow(/no new jobs: quarantined/);
  expect((await farm.tasks.get(last)).waiting).toMatch(/quarantined/);

  await farm.workers.resume('one', local);
  expect(await state('one')).toEqual(['online', null]);
  farm.advance(3_000);
  await farm.claim(last, one);
});

test('a job that fails wherever it runs fails, and its hosts stay', async () => {
  const one = await farm.ready();
  const task = await farm.build();
  for (let tries = 0; tries < 3; tries++) {
    await farm.attempts.result(await farm.claim(task.id, one), failed('infrastructure-failure'));
    farm.advance(3_000);
    await farm.workers.report(one, hostReport('one'));
  }
  expect(await farm.state(task.id)).toBe('infrastructure-failure');
  expect(await state('one')).toEqual(['online', null]);
});

test('what a host ends properly, a failed build too, clears it', async () => {
  const one = await farm.ready();
  for (let round = 0; round < 3; round++) {
    for (let failures = 0; failures < 4; failures++) await attempt(one, 'infrastructure-failure');
    await attempt(one, 'build-failure');
  }
  expect(await state('one')).toEqual(['online', null]);
});

test('a host whose disk is full gets no new jobs, and the job says why it waits', async () => {
  const one = await farm.ready();
  const full = 'the disk of /var has 1 MiB free, it takes 2.0 GiB';
  expect(await farm.workers.report(one, { ...hostReport('one'), full })).toEqual({ paused: full });
  const task = await farm.build();
  await expect(farm.claim(task.id, one)).rejects.toMatchObject({ kind: 'claim-refused' });
  farm.advance(2_000);
  expect((await farm.tasks.get(task.id)).waiting).toContain(full);
  expect(await state('one')).toEqual(['online', full]);
  expect(await farm.workers.report(one, hostReport('one'))).toEqual({ paused: null });
  await farm.claim(task.id, one);
});

test('builds of an instance go to its pool', async () => {
  await farm.ready();
  farm.context.config.instances = farm.context.config.instances.map((one) => ({ ...one, pool: 'trusted' }));
  await expect(farm.build()).rejects.toThrow(/No worker of pool trusted/);
  const { token } = await farm.enrolments.invite({ name: 'safe', pool: 'trusted' }, local);
  const safe = await farm.workers.authenticate((await farm.enrolments.enrol(token, '')).secret);
  await farm.workers.register(safe, { ...hostReport('safe'), liveAttempts: [] });
  const [job] = await farm.database.stores.jobs.ofTask((await farm.build()).id);
  expect(job?.capability).toBe('trusted.deb.amd64');
});

test('what only a removed host could do fails with it', async () => {
  const one = await farm.ready();
  const images = await farm.submissions.images('default', { operation: 'update', force: false }, local);
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  await farm.workers.remove('one', local);
  expect(await farm.state(images.id)).toBe('infrastructure-failure');
  expect(await farm.state(task.id)).toBe('queued');
  await expect(farm.attempts.heartbeat(call)).rejects.toMatchObject({ kind: 'stale-fence' });
});
