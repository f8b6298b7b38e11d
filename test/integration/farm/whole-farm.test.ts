import { createHash } from 'node:crypto';
import { ApiProblem } from '@fatbuildr/client';
import type { Task, TaskDetail } from '@fatbuildr/domain';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { submit } from './submit.ts';

const DERIVATIVES = 'derivatives:\n  extra:\n    formats: [deb]\n';

let redis: TestRedis;
let farm: Farm;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({
    redis: redis.url,
    instances: { default: INSTANCE + DERIVATIVES, other: INSTANCE },
  });
});

afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

const built = async (artifact: string, more: object = {}): Promise<TaskDetail> =>
  farm.ended(await submit(farm.client, { artifact, ...more }));

const published = async (artifact: string, instance = 'default') =>
  (
    await farm.client.registry({
      params: { instance, format: 'deb', distribution: 'bookworm' },
      query: { artifact },
    })
  ).packages;

const problem = async (call: Promise<unknown>): Promise<ApiProblem> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApiProblem) return error;
  throw new Error(`expected a problem, got ${String(error)}`);
};

describe('a build', () => {
  test('goes through its states, is published, and tells what it made', async () => {
    const submitted = await submit(farm.client, { artifact: 'plain' });
    expect(submitted).toMatchObject({ state: 'queued', outcome: null, artifact: 'plain', requestedBy: 'local' });
    const task = await farm.ended(submitted);
    expect(task).toMatchObject({ state: 'done', outcome: 'success', version: '1.0-1.deb12' });
    expect(task.jobs.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['build:amd64', 'success'],
      ['publish', 'success'],
    ]);
    const phases = task.jobs[0]?.attempts[0]?.phases.map(({ name }) => name);
    expect(phases).toEqual(expect.arrayContaining(['sources', 'dependencies', 'build']));
    const packages = await published('plain');
    expect(packages.map(({ architecture }) => architecture)).toContain('source');
    for (const { path, sha256 } of packages) {
      const response = await fetch(`${farm.url}/default/${path}`);
      expect(response.status).toBe(200);
      expect(
        createHash('sha256')
          .update(await response.bytes())
          .digest('hex'),
      ).toBe(sha256);
    }
  });

  test('of the same version again has a higher build number and a longer changelog', async () => {
    expect((await built('again')).version).toBe('1.0-1.deb12');
    expect((await built('again')).version).toBe('1.0-1.deb12+build2');
    expect((await built('again')).version).toBe('1.0-1.deb12+build3');
  });

  test('of one version twice at once gets two numbers', async () => {
    const tasks = await Promise.all([built('twice'), built('twice')]);
    expect(tasks.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
    expect(tasks.map(({ version }) => version).toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      '1.0-1.deb12',
      '1.0-1.deb12+build2',
    ]);
  });

  test.each([
    ['fail-early', 'build-failure'],
    ['deps-missing', 'dependency-failure'],
    ['reject-it', 'rejected'],
  ])('of %s ends as %s, with a cause, and publishes nothing', async (artifact, outcome) => {
    const task = await built(artifact);
    expect(task).toMatchObject({ state: 'done', outcome });
    expect(task.cause?.message).toBeTruthy();
    expect(task.jobs.flatMap(({ attempts }) => attempts)).toHaveLength(1);
    expect(await published(artifact)).toEqual([]);
  });

  test('into a derivative stays there', async () => {
    await built('aside', { derivative: 'extra' });
    expect(new Set((await published('aside')).map(({ derivative }) => derivative))).toEqual(new Set(['extra']));
  });
});

describe('a submission is refused at once, with the known names,', () => {
  test.each([
    [{ distribution: 'sid' }, /sid/, /bookworm/],
    [{ derivative: 'nowhere' }, /nowhere/, /main, extra/],
  ])('for %j', async (where, said, hint) => {
    const refused = await problem(submit(farm.client, { artifact: 'plain', ...where }));
    expect(refused.status).toBe(422);
    expect(refused.message).toMatch(said);
    expect(refused.problem.hint).toMatch(hint);
  });

  test('for an instance that is not there', async () => {
    const refused = await problem(submit(farm.client, { artifact: 'plain', instance: 'nobody' }));
    expect([404, 422]).toContain(refused.status);
    expect(refused.problem.hint).toContain('default');
  });

  test('for sources that were never uploaded', async () => {
    const archive = { name: 'x.tar', sha256: '0'.repeat(64), size: 3 };
    const refused = await problem(
      farm.client.build({
        params: { instance: 'default' },
        body: {
          distribution: 'bookworm',
          artifact: 'plain',
          source: { kind: 'definition', archive },
          submitter: { name: 'A', email: 'a@b.invalid' },
          message: 'x',
        },
      }),
    );
    expect(refused.status).toBe(422);
    expect(refused.message).toContain('x.tar');
  });
});

describe('cancel', () => {
  const cancel = (task: Task) => farm.client.cancel({ params: { task: task.id } });

  test('ends a running build for good, and again changes nothing', async () => {
    const task = await submit(farm.client, { artifact: 'hang-forever' });
    await waitFor(async () => (await farm.client.task({ params: { task: task.id } })).state === 'running');
    const began = Date.now();
    await cancel(task);
    expect(await farm.ended(task)).toMatchObject({ state: 'done', outcome: 'cancelled' });
    expect(await cancel(task)).toMatchObject({ outcome: 'cancelled' });
    await waitFor(async () => (await farm.client.workers({})).workers.every(({ busy }) => busy === 0));
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  test('of what ended otherwise says so', async () => {
    const task = await built('over');
    expect((await problem(cancel(task))).kind).toBe('already-done');
  });

  test('then retry makes a new task', async () => {
    const task = await built('fail-once');
    const retried = await farm.client.retry({ params: { task: task.id } });
    expect(retried).toMatchObject({ retryOf: task.id, artifact: 'fail-once' });
    await farm.ended(retried);
    expect(retried.id).not.toBe(task.id);
  });
});

describe('logs', () => {
  test('are the same live, from an offset, and as a file', async () => {
    const task = await submit(farm.client, { artifact: 'slow-talker' });
    await waitFor(async () => (await attempts(task)).length > 0);
    const [attempt] = await attempts(task);
    if (!attempt) throw new Error('no attempt');
    const chunks: Uint8Array[] = [];
    const end = await farm.client.followLog(attempt.id, { onBytes: (bytes) => void chunks.push(bytes) });
    const live = Buffer.concat(chunks);
    const file = Buffer.from(await (await farm.client.readLog(attempt.id)).arrayBuffer());
    expect(end).toMatchObject({ length: file.length, outcome: 'success' });
    expect(live.equals(file)).toBe(true);
    const rest = Buffer.from(await (await farm.client.readLog(attempt.id, 10)).arrayBuffer());
    expect(rest.equals(file.subarray(10))).toBe(true);
    const late: Uint8Array[] = [];
    await farm.client.followLog(attempt.id, { offset: 10, onBytes: (bytes) => void late.push(bytes) });
    expect(Buffer.concat(late).equals(file.subarray(10))).toBe(true);
  });

  const attempts = async ({ id }: Task) =>
    (await farm.client.task({ params: { task: id } })).jobs.flatMap((job) => job.attempts);
});

describe('instances', () => {
  test('have repositories, keys and tasks of their own', async () => {
    await built('mine', { instance: 'other' });
    expect(await published('mine', 'other')).not.toEqual([]);
    expect(await published('mine', 'default')).toEqual([]);
    const keys = await Promise.all(
      ['default', 'other'].map((instance) => farm.client.keyring({ params: { instance } })),
    );
    expect(keys[0]?.fingerprint).not.toBe(keys[1]?.fingerprint);
    const listed = await farm.client.tasks({ query: { instance: 'other', artifact: 'mine' } });
    expect(listed.tasks).toHaveLength(1);
  });

  test('a token for one does not see the other', async () => {
    const { token } = await farm.client.createToken({ body: { name: 'ci', instance: 'other' } });
    const get = (path: string) => fetch(`${farm.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await get('/tasks?instance=other')).status).toBe(200);
    expect((await get('/tasks?instance=default')).status).toBe(403);
    expect((await get('/tokens')).status).toBe(403);
  });
});

describe('the registry', () => {
  test('deletes an artifact and keeps the others', async () => {
    await built('goner');
    await built('keeper');
    const task = await farm.client.deleteFromRegistry({
      params: { instance: 'default' },
      body: { distribution: 'bookworm', artifact: 'goner' },
    });
    expect(await farm.ended(task)).toMatchObject({ outcome: 'success' });
    expect(await published('goner')).toEqual([]);
    expect(await published('keeper')).not.toEqual([]);
  });

  test('a renewed key is the same key with a later end', async () => {
    const params = { instance: 'other' };
    const before = await farm.client.keyring({ params });
    const task = await farm.client.renewKeyring({ params, body: { validityDays: 3650 } });
    expect(await farm.ended(task)).toMatchObject({ outcome: 'success' });
    const after = await farm.client.keyring({ params });
    expect(after.fingerprint).toBe(before.fingerprint);
    expect(after.expires ?? 0).toBeGreaterThan(before.expires ?? 0);
    const served = await (await fetch(`${farm.url}/other/keyring.asc`)).text();
    expect(served.trim()).toBe(after.publicKey.trim());
  });

  test('a second keyring is refused', async () => {
    const refused = await problem(farm.client.createKeyring({ params: { instance: 'default' }, body: {} }));
    expect(refused.problem.hint).toContain('keyring show');
  });
});

test('the same submission with the same key is one task', async () => {
  const body = { operation: 'update' as const };
  const call = () => farm.client.imageOperation({ params: { instance: 'default' }, body, idempotencyKey: 'once-only' });
  const [first, second] = [await call(), await call()];
  expect(second.id).toBe(first.id);
  const other = farm.client.imageOperation({
    params: { instance: 'default' },
    body: { operation: 'create' },
    idempotencyKey: 'once-only',
  });
  expect((await problem(other)).kind).toBe('idempotency-mismatch');
  await farm.ended(first);
});

async function waitFor(condition: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
