import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failed, image, keyring, local, packageOf, published, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

async function nothingWritten() {
  const { tasks } = await farm.tasks.list({ state: 'all', limit: 10 });
  expect(tasks).toEqual([]);
}

describe('a build is refused, with what to do, when', () => {
  async function refusal(request: Parameters<TestControl['build']>[0] = {}, instance = 'default') {
    const checked = await farm.request(request);
    const error = await farm.submissions.build(instance, checked, local).then(
      () => undefined,
      (found: unknown) => found,
    );
    await nothingWritten();
    return error;
  }

  test('the instance is not known', async () => {
    expect(await refusal({}, 'prod')).toMatchObject({ kind: 'not-found', hint: 'Known: default.' });
  });
  test('the distribution is not known', async () => {
    expect(await refusal({ distribution: 'sid' })).toMatchObject({ kind: 'unprocessable', hint: 'Known: bookworm.' });
  });
  test('the format is not built yet', async () => {
    expect(await refusal({ format: 'rpm', distribution: 'el9' })).toMatchObject({ kind: 'unprocessable' });
  });
  test('the derivative is not known', async () => {
    const hint = 'Known: main, backports.';
    expect(await refusal({ derivative: 'nightly' })).toMatchObject({ kind: 'unprocessable', hint });
  });
  test('the architecture is not the instance’s', async () => {
    const hint = 'Its architectures: amd64, arm64.';
    expect(await refusal({ architectures: ['s390x'] })).toMatchObject({ kind: 'unprocessable', hint });
  });
  test('several architectures are asked for', async () => {
    expect(await refusal({ architectures: ['amd64', 'arm64'] })).toMatchObject({ kind: 'unprocessable' });
  });
  test('a definition comes without its name', async () => {
    expect(await refusal({ artifact: undefined })).toMatchObject({ kind: 'bad-request' });
  });
  test('there is no keyring', async () => {
    expect(await refusal()).toMatchObject({ hint: 'Create it with: fatbuildrctl keyring create --instance default' });
  });
  test('no worker ever registered', async () => {
    await farm.database.stores.registry.setKeyring('default', JSON.stringify(keyring));
    expect(await refusal()).toMatchObject({
      message: expect.stringContaining('No worker'),
      hint: expect.stringContaining('fatbuildrd'),
    });
  });
  test('no worker runs the architecture', async () => {
    await farm.ready();
    expect(await refusal({ architectures: ['arm64'] })).toMatchObject({
      hint: expect.stringMatching(/^Workers build for: amd64\. Add one of arm64: fatbuildrctl workers add /),
    });
  });
  test('there is no image', async () => {
    await farm.ready();
    await farm.worker('one', { trees: [] });
    expect(await refusal()).toMatchObject({ hint: expect.stringContaining('fatbuildrctl images create') });
  });
  test('there is no environment', async () => {
    await farm.ready();
    await farm.worker('one', { trees: [image] });
    expect(await refusal()).toMatchObject({ hint: expect.stringContaining('images env-create -f deb -d bookworm') });
  });
  test('a file was not uploaded, or has another size', async () => {
    await farm.ready();
    const archive = { name: 'a.tar', sha256: 'f'.repeat(64), size: 1 };
    expect(await refusal({ source: { kind: 'definition', archive } })).toMatchObject({
      message: expect.stringContaining('was not uploaded'),
    });
    const uploaded = { ...(await farm.upload()), size: 1 };
    expect(await refusal({ source: { kind: 'definition', archive: uploaded } })).toMatchObject({
      message: expect.stringContaining('has 6 bytes'),
    });
  });
});

test('a derivative builds against all that it extends', async () => {
  const one = await farm.ready();
  const call = await farm.claim((await farm.build({ derivative: 'backports' })).id, one);
  expect(call.order).toMatchObject({ derivative: 'backports', farm: { components: ['backports', 'main'] } });
});

test('image and environment operations become one job for each worker, and end when all have', async () => {
  const one = await farm.ready();
  const two = await farm.worker('two');
  const task = await farm.submissions.images('default', { operation: 'create', formats: ['deb'], force: true }, local);
  expect((await farm.tasks.get(task.id)).jobs.map((job) => job.name).toSorted()).toEqual([
    'image:deb@one',
    'image:deb@two',
  ]);
  const jobs = await farm.database.stores.jobs.ofTask(task.id);
  for (const worker of [one, two]) {
    const job = jobs.find((found) => found.capability === `worker.${worker.id}`);
    const call = { ...(await farm.attempts.claim(worker, job?.id ?? '')), worker };
    const outcome = worker === one ? failed('build-failure', 'no mirror') : published();
    await farm.attempts.result(call, { ...outcome, publication: null });
    expect(await farm.state(task.id)).toBe(worker === one ? 'running' : 'build-failure');
  }
  const environments = { operation: 'update' as const, force: false };
  const updated = await farm.submissions.environments('default', environments, local);
  expect((await farm.tasks.get(updated.id)).jobs.map((job) => job.name).toSorted()).toEqual([
    'environment:bookworm:amd64@one',
    'environment:bookworm:amd64@two',
  ]);
});

test('environments need an image first', async () => {
  await farm.worker('one', { trees: [] });
  const submitted = farm.submissions.environments('default', { operation: 'create', force: false }, local);
  await expect(submitted).rejects.toMatchObject({ hint: expect.stringContaining('images create') });
});

test('a keyring is created once, by the publisher alone', async () => {
  await farm.workers.register(farm.publisher, { ...reportOfPublisher, liveAttempts: [] });
  const task = await farm.submissions.createKeyring('default', { validityDays: 730 }, local);
  await expect(farm.submissions.createKeyring('default', { validityDays: 730 }, local)).rejects.toMatchObject({
    kind: 'conflict',
  });
  const call = await farm.claim(task.id, farm.publisher);
  expect(call.order).toMatchObject({
    kind: 'keyring',
    repositories: [
      { distribution: 'bookworm', derivatives: ['main', 'backports'], architectures: ['amd64', 'arm64'] },
      { distribution: 'el9', format: 'rpm' },
    ],
  });
  expect(await farm.state(task.id)).toBe('publishing');
  await farm.attempts.commit(call);
  await farm.attempts.result(call, published({ keyring }));
  expect(await farm.state(task.id)).toBe('success');
  expect(await farm.registry.keyring('default')).toEqual(keyring);
  await expect(farm.submissions.createKeyring('default', { validityDays: 1 }, local)).rejects.toThrow(/has a keyring/);
  expect(await farm.submissions.renewKeyring('default', { validityDays: 1 }, local)).toMatchObject({
    kind: 'keyring-renew',
  });
});

test('the steps of a rotation are orders of their own, and need a keyring', async () => {
  await farm.workers.register(farm.publisher, { ...reportOfPublisher, liveAttempts: [] });
  const rotation = { step: 'start' as const, validityDays: 400, overlapDays: 10 };
  await expect(farm.submissions.rotateKeyring('default', rotation, local)).rejects.toMatchObject({
    hint: expect.stringContaining('keyring create'),
  });
  await farm.database.stores.registry.setKeyring('default', JSON.stringify(keyring));
  const started = await farm.submissions.rotateKeyring('default', rotation, local);
  expect((await farm.claim(started.id, farm.publisher)).order).toMatchObject({
    operation: 'rotate',
    validityDays: 400,
    overlapDays: 10,
    userId: { name: 'Farm' },
  });
  const switched = await farm.submissions.rotateKeyring('default', { ...rotation, step: 'switch' }, local);
  expect(switched.kind).toBe('keyring-rotate');
});

test('a key is imported where there is none', async () => {
  await farm.workers.register(farm.publisher, { ...reportOfPublisher, liveAttempts: [] });
  const task = await farm.submissions.importKeyring('default', {}, local);
  await expect(farm.submissions.createKeyring('default', { validityDays: 1 }, local)).rejects.toThrow(task.id);
  expect((await farm.claim(task.id, farm.publisher)).order).toMatchObject({ kind: 'keyring', operation: 'import' });
});

const reportOfPublisher = {
  ...{ name: 'publisher', version: '3', driver: 'none', architectures: ['amd64'], slots: 1 },
  ...{ trees: [], disk: null, warnings: [] },
};

test('only what is published can be withdrawn', async () => {
  await farm.ready();
  const deletion = {
    format: 'deb' as const,
    distribution: 'bookworm',
    derivative: 'main',
    artifact: 'hello',
    dryRun: false,
  };
  await expect(farm.submissions.deletePackages('default', deletion, local)).rejects.toMatchObject({
    kind: 'not-found',
  });
  await farm.tell([packageOf('hello', '1-1')]);
  await expect(
    farm.submissions.deletePackages('default', { ...deletion, version: '2-1' }, local),
  ).rejects.toMatchObject({ kind: 'not-found' });
  const task = await farm.submissions.deletePackages('default', { ...deletion, version: '1-1' }, local);
  const call = await farm.claim(task.id, farm.publisher);
  expect(call.order).toMatchObject({
    kind: 'registry-delete',
    selector: { artifact: 'hello', version: '1-1' },
    dryRun: false,
  });
  await expect(
    farm.submissions.deletePackages('default', { ...deletion, architecture: 'arm64' }, local),
  ).rejects.toThrow('hello (arm64) is not published for bookworm (main) of instance default.');
});

test('an ended task can be asked for again, a running one cannot', async () => {
  const one = await farm.ready();
  const task = await farm.build({ message: 'Again' });
  await expect(farm.submissions.retry(task.id, local)).rejects.toMatchObject({ kind: 'conflict' });
  await farm.attempts.result(await farm.claim(task.id, one), failed('build-failure'));
  const again = await farm.submissions.retry(task.id, { name: 'ci' });
  expect(again).toMatchObject({ retryOf: task.id, state: 'queued', message: 'Again', requestedBy: 'ci' });
  expect(await farm.state(task.id)).toBe('build-failure');
});

test('lists are paged, newest first, and filtered', async () => {
  await farm.ready();
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) {
    ids.unshift((await farm.build()).id);
    farm.advance(1);
  }
  await farm.tasks.cancel(ids[0] ?? '', local);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await farm.tasks.list({ state: 'all', limit: 2, cursor });
    expect(page.tasks.length).toBeLessThanOrEqual(2);
    seen.push(...page.tasks.map((task) => task.id));
    cursor = page.next ?? undefined;
  } while (cursor);
  expect(seen).toEqual(ids);
  expect((await farm.tasks.list({ state: 'active', limit: 10 })).tasks).toHaveLength(4);
  expect((await farm.tasks.list({ state: 'all', outcome: 'cancelled', limit: 10 })).tasks).toHaveLength(1);
  expect((await farm.tasks.get((ids[1] ?? '').slice(0, 12))).id).toBe(ids[1]);
  await expect(farm.tasks.list({ state: 'all', limit: 2, cursor: 'x' })).rejects.toMatchObject({ kind: 'bad-request' });
});

test('every submission and cancel leaves its trace', async () => {
  await farm.ready();
  const task = await farm.build();
  await farm.tasks.cancel(task.id, { name: 'ci' });
  const trace = (await farm.database.stores.audit.list({}, 10)).filter((entry) => entry.subject === task.id);
  expect(trace.map((entry) => [entry.who, entry.action])).toEqual([
    ['ci', 'cancel'],
    ['local', 'build'],
  ]);
});

test('a build compiles through ccache where its distribution says so, and nowhere else', async () => {
  const worker = await farm.ready();
  const orderOf = async () => (await farm.claim((await farm.build()).id, worker)).order;
  expect(await orderOf()).not.toHaveProperty('ccache');
  Object.assign(farm.context.config.instances[0]!.distributions[0]!, { ccache: true });
  expect(await orderOf()).toMatchObject({ ccache: true });
});
