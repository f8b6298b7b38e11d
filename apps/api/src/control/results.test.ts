import { Readable } from 'node:stream';
import type { ResultRequest } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WorkerIdentity } from './services.ts';
import { failed, packageOf, published, sha256Of, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
let one: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
});
afterEach(() => farm.close());

const version = { name: 'hello', main: '2.10', release: '1' };

test('a build goes from submission to published', async () => {
  const task = await farm.build();
  expect(await farm.state(task.id)).toBe('queued');
  const call = await farm.claim(task.id, one);
  expect(call.order).toMatchObject({ kind: 'build-deb', architecture: 'amd64', farm: { components: ['main'] } });
  expect(await farm.state(task.id)).toBe('running');
  const { full } = await farm.attempts.reserveVersion(call, version);
  await farm.attempts.result(call, await farm.built(call, full));
  expect(await farm.state(task.id)).toBe('publishing');
  await farm.attempts.phase(call, { phase: 'check', event: 'begin', logOffset: 0 });
  await farm.attempts.close(call);

  const publishing = await farm.claim(task.id, farm.publisher);
  expect(publishing.order).toMatchObject({ kind: 'publish', derivative: 'main' });
  await farm.attempts.commit(publishing);
  await farm.tell([packageOf('hello', full)]);
  await farm.attempts.result(publishing, published());
  await farm.attempts.close(publishing);

  const done = await farm.tasks.get(task.id);
  expect(done).toMatchObject({ state: 'done', outcome: 'success', version: '2.10-1.deb12', artifact: 'hello' });
  expect(done.artifacts.map((file) => file.name)).toEqual([
    'hello_2.10-1.deb12.dsc',
    'hello_2.10-1.deb12_amd64.changes',
    'hello_2.10-1.deb12_amd64.deb',
  ]);
  expect(done.jobs.map((job) => job.name)).toEqual(['build:amd64', 'publish']);
  expect(done.jobs.flatMap((job) => job.attempts).every((attempt) => attempt.logClosed)).toBe(true);
  const page = await farm.registry.packages('default', 'deb', 'bookworm', { limit: 10 });
  expect(page.packages.map((found) => found.version)).toEqual(['2.10-1.deb12']);
});

describe('a result that is not what was ordered is the host’s fault', () => {
  async function endOf(spoil: (result: ResultRequest) => void): Promise<string> {
    const task = await farm.build();
    const call = await farm.claim(task.id, one);
    const { full } = await farm.attempts.reserveVersion(call, version);
    const result = structuredClone(await farm.built(call, full));
    spoil(result);
    await farm.attempts.result(call, result);
    expect(await farm.state(task.id)).toBe('queued');
    const [job] = (await farm.tasks.get(task.id)).jobs;
    expect(job?.attempts[0]?.outcome).toBe('infrastructure-failure');
    return job?.attempts[0]?.cause?.message ?? '';
  }
  const files = (result: ResultRequest) => result.build?.files ?? [];

  test('a file that was not uploaded', async () => {
    const message = await endOf((result) =>
      files(result).push({ name: 'x_1_amd64.deb', sha256: '0'.repeat(64), size: 1 }),
    );
    expect(message).toContain('x_1_amd64.deb was not uploaded');
  });
  test('a file with other bytes', async () => {
    expect(await endOf((result) => Object.assign(files(result)[0] ?? {}, { sha256: '0'.repeat(64) }))).toContain(
      'other bytes',
    );
  });
  test('another version than was given', async () => {
    const message = await endOf((result) => Object.assign(result.build?.source ?? {}, { version: '9' }));
    expect(message).toContain('given was 2.10-1.deb12');
  });
  test('another source package', async () => {
    expect(await endOf((result) => Object.assign(result.build?.source ?? {}, { name: 'bash' }))).toContain('of bash');
  });
  test('no changes file', async () => {
    expect(await endOf((result) => files(result).pop())).toContain('.changes');
  });
  test('no files at all', async () => {
    expect(await endOf((result) => Object.assign(result, { build: null }))).toContain('names no files');
  });
});

test('packages of a foreign architecture are refused', async () => {
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, version);
  const result = await farm.built(call, full);
  const name = `hello_${full}_s390x.deb`;
  result.build?.files.push(await farm.attempts.storeFile(call, name, sha256Of('x'), Readable.from([Buffer.from('x')])));
  await farm.attempts.result(call, result);
  expect((await farm.tasks.get(task.id)).jobs[0]?.attempts[0]?.cause?.message).toContain('for s390x');
});

for (const outcome of ['build-failure', 'dependency-failure', 'timeout', 'rejected'] as const) {
  test(`${outcome} ends the task, and it is not tried again`, async () => {
    const task = await farm.build();
    const call = await farm.claim(task.id, one);
    await farm.attempts.result(call, failed(outcome));
    expect(await farm.tasks.get(task.id)).toMatchObject({ state: 'done', outcome, cause: { message: 'because' } });
    // the rest of the log still comes
    await farm.attempts.appendLog(call, { offset: 0, bytes: Buffer.from('x'), sha256: sha256Of('x') });
    await farm.attempts.close(call);
    await expect(farm.attempts.heartbeat(call)).rejects.toMatchObject({ kind: 'stale-fence' });
  });
}

test('a host that fails is followed by another attempt, three in all', async () => {
  const task = await farm.build();
  for (const number of [1, 2, 3]) {
    const call = await farm.claim(task.id, one);
    await farm.attempts.result(call, failed('infrastructure-failure', 'disk full'));
    await farm.attempts.close(call);
    expect(await farm.state(task.id)).toBe(number < 3 ? 'queued' : 'infrastructure-failure');
    farm.advance(5_000);
  }
  expect((await farm.tasks.get(task.id)).cause?.message).toBe('disk full (attempt 3 of 3)');
});

test('a publisher that fails for good ends the task as publish-failure; a refusal is final at once', async () => {
  const task = await toPublisher();
  for (let number = 1; number <= 3; number++) {
    const call = await farm.claim(task, farm.publisher);
    await farm.attempts.result(call, failed('infrastructure-failure'));
    farm.advance(5_000);
  }
  expect(await farm.state(task)).toBe('publish-failure');

  farm.advance(1);
  const other = await toPublisher();
  await farm.attempts.result(await farm.claim(other, farm.publisher), failed('rejected', 'other bytes'));
  expect(await farm.state(other)).toBe('rejected');
});

async function toPublisher(): Promise<string> {
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, version);
  await farm.attempts.result(call, await farm.built(call, full));
  await farm.attempts.close(call);
  return task.id;
}

test('repeats are harmless', async () => {
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, version);
  expect((await farm.attempts.reserveVersion(call, version)).full).toBe(full);
  const result = await farm.built(call, full);
  await farm.attempts.result(call, result);
  await farm.attempts.result(call, result);
  await farm.attempts.close(call);
  await farm.attempts.close(call);
  expect((await farm.tasks.get(task.id)).jobs).toHaveLength(2);
});

test('an attempt is not closed before its result', async () => {
  const task = await farm.build();
  const call = await farm.claim(task.id, one);
  await expect(farm.attempts.close(call)).rejects.toMatchObject({ kind: 'conflict' });
});

test('a ready source package keeps its version', async () => {
  const dsc = { ...(await farm.upload('dsc')), name: 'foo_1-1.dsc' };
  const task = await farm.build({ artifact: undefined, source: { kind: 'dsc', dsc, files: [] } });
  const call = await farm.claim(task.id, one);
  await expect(farm.attempts.reserveVersion(call, version)).rejects.toMatchObject({ kind: 'conflict' });
  await farm.attempts.result(call, await farm.built(call, '1-1', 'foo'));
  expect(await farm.tasks.get(task.id)).toMatchObject({ state: 'publishing', artifact: 'foo', version: '1-1' });
});
