import { Readable } from 'node:stream';
import type { BuildOrder, FileRef, HeldTree, ResultRequest } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptCall, WorkerIdentity } from './services.ts';
import { failed, hostReport, image, published, sha256Of, type TestControl, testControl } from './test-control.ts';

/* One build for amd64 and arm64: its source package once, then the packages of both at once, published together. */

const VERSION = '2.10-1.deb12';
const SOURCE = [`hello_${VERSION}.dsc`, 'hello_2.10.orig.tar.gz'];
const BOTH = { architectures: ['arm64', 'amd64'] };

let farm: TestControl;
let one: WorkerIdentity;
let arm: WorkerIdentity;
beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
  arm = await farm.worker('arm', { architectures: ['arm64'], trees: [image, ...environments('arm64')] });
});
afterEach(() => farm.close());

function environments(architecture: string): HeldTree[] {
  return hostReport('any').trees.flatMap((tree) =>
    tree.kind === 'environment' ? [{ ...tree, architecture, name: `default/deb/bookworm-${architecture}` }] : [],
  );
}

type Call = Awaited<ReturnType<TestControl['claim']>>;

/** Claims a job of a task by its name. */
async function claim(task: string, name: string, by: WorkerIdentity): Promise<Call> {
  const job = (await farm.tasks.get(task)).jobs.find((found) => found.name === name);
  return { ...(await farm.attempts.claim(by, job?.id ?? 'none')), worker: by };
}

/** Hands in files by name, with a content that goes by the name unless told otherwise. */
async function files(call: AttemptCall, names: readonly string[], content?: string): Promise<FileRef[]> {
  const refs: FileRef[] = [];
  for (const name of names) {
    const text = content ?? `content of ${name}`;
    refs.push(await farm.attempts.storeFile(call, name, sha256Of(text), Readable.from([Buffer.from(text)])));
  }
  return refs;
}

const result = (handedIn: FileRef[], version = VERSION): ResultRequest => ({
  ...{ outcome: 'success', cause: null, publication: null },
  build: { source: { name: 'hello', version }, files: handedIn },
});
const packages = (architecture: string) => [
  `hello_${VERSION}_${architecture}.deb`,
  `hello_${VERSION}_${architecture}.changes`,
];

/** The source package is in. */
async function afterSource(): Promise<string> {
  const { id } = await farm.build(BOTH);
  const source = await claim(id, 'source', one);
  await farm.attempts.reserveVersion(source, { name: 'hello', main: '2.10', release: '1' });
  await farm.attempts.result(source, result(await files(source, SOURCE)));
  await farm.attempts.close(source);
  return id;
}

/** How the jobs of a task stand, by name. */
async function standing(task: string) {
  const { jobs } = await farm.tasks.get(task);
  return Object.fromEntries(jobs.map(({ name, outcome, state }) => [name, outcome ?? state]));
}

test('the source package once, then each architecture from it, and one publication of all files', async () => {
  const { id } = await farm.build(BOTH);
  expect(await standing(id)).toEqual({ source: 'queued' });
  const source = await claim(id, 'source', one);
  expect(source.order).toMatchObject({ part: 'source', architecture: 'amd64', architectures: ['amd64', 'arm64'] });
  const given = await farm.attempts.reserveVersion(source, { name: 'hello', main: '2.10', release: '1' });
  expect(given.full).toBe(VERSION);
  const [dsc, orig] = await files(source, SOURCE);
  await farm.attempts.result(source, result([dsc, orig] as FileRef[]));
  expect(await standing(id)).toEqual({ source: 'success', 'binary:amd64': 'queued', 'binary:arm64': 'queued' });
  expect(await farm.tasks.get(id)).toMatchObject({ state: 'queued', version: VERSION });

  // both at once, on the hosts that can
  const amd64 = await claim(id, 'binary:amd64', one);
  const arm64 = await claim(id, 'binary:arm64', arm);
  const handed = { kind: 'dsc', dsc, files: [orig] };
  expect(amd64.order).toMatchObject({ part: 'binaries', primary: true, source: handed });
  expect(arm64.order).toMatchObject({ part: 'binaries', primary: false, source: handed, architecture: 'arm64' });
  expect((arm64.order as { recipe: object }).recipe).toMatchObject({ architecture: 'arm64' });
  expect(await farm.attempts.blob(arm64, dsc?.sha256 ?? '')).toMatchObject({ size: dsc?.size });

  await farm.attempts.result(amd64, result(await files(amd64, [...packages('amd64'), `hello-doc_${VERSION}_all.deb`])));
  expect(await farm.state(id)).toBe('running');
  expect(await standing(id)).toMatchObject({ 'binary:amd64': 'success', 'binary:arm64': 'running' });
  await farm.attempts.result(arm64, result(await files(arm64, packages('arm64'))));
  expect(await farm.state(id)).toBe('publishing');

  const publishing = await claim(id, 'publish', farm.publisher);
  const all = [...SOURCE, ...packages('amd64'), ...packages('arm64'), `hello-doc_${VERSION}_all.deb`].toSorted();
  const order = publishing.order as { files: FileRef[] };
  expect(order.files.map(({ name }) => name).toSorted()).toEqual(all);
  await farm.attempts.commit(publishing);
  await farm.attempts.result(publishing, published());
  const done = await farm.tasks.get(id);
  expect(done).toMatchObject({ outcome: 'success', architectures: ['amd64', 'arm64'] });
  expect(done.jobs.filter(({ name }) => name === 'publish')).toHaveLength(1);
  expect(done.artifacts.map(({ name }) => name).toSorted()).toEqual(all);
});

test('a build for one architecture is one job, whatever the instance builds for', async () => {
  const { id } = await farm.build({ architectures: ['arm64', 'arm64'] });
  const call = await claim(id, 'build:arm64', arm);
  const order = call.order as BuildOrder;
  expect(order).toMatchObject({ architecture: 'arm64', primary: true });
  expect([order.part, order.architectures]).toEqual([undefined, undefined]);
});

test('a ready source package is taken as it is: no job makes it anew', async () => {
  const dsc = { ...(await farm.upload('dsc')), name: `hello_${VERSION}.dsc` };
  const { id } = await farm.build({ ...BOTH, artifact: undefined, source: { kind: 'dsc', dsc, files: [] } });
  expect(await standing(id)).toEqual({ 'binary:amd64': 'queued', 'binary:arm64': 'queued' });
  const amd64 = await claim(id, 'binary:amd64', one);
  await farm.attempts.result(amd64, result(await files(amd64, [`hello_${VERSION}.dsc`, ...packages('amd64')])));
  const arm64 = await claim(id, 'binary:arm64', arm);
  // what the first said of the package holds for the second
  await farm.attempts.result(arm64, result(await files(arm64, packages('arm64')), '3-1'));
  const attempts = (await farm.tasks.get(id)).jobs.find(({ name }) => name === 'binary:arm64')?.attempts;
  expect(attempts?.[0]?.cause?.message).toContain(`its version is 3-1, given was ${VERSION}`);
  farm.advance(10_000);
  const again = await claim(id, 'binary:arm64', arm);
  await farm.attempts.result(again, result(await files(again, packages('arm64'))));
  expect(await farm.state(id)).toBe('publishing');
});

test('one that fails fails the build; the others are told to stop, and nothing is published', async () => {
  const id = await afterSource();
  const amd64 = await claim(id, 'binary:amd64', one);
  const arm64 = await claim(id, 'binary:arm64', arm);
  await farm.attempts.result(arm64, failed('build-failure', 'no such instruction'));
  expect(await farm.tasks.get(id)).toMatchObject({
    outcome: 'build-failure',
    cause: { message: 'no such instruction' },
  });
  expect(await standing(id)).toEqual({
    ...{ source: 'success', 'binary:arm64': 'build-failure', 'binary:amd64': 'cancelled' },
  });
  await expect(farm.attempts.heartbeat(amd64)).rejects.toMatchObject({ kind: 'stale-fence' });
  const stopped = (await farm.tasks.get(id)).jobs.find(({ name }) => name === 'binary:amd64');
  expect(stopped?.attempts[0]).toMatchObject({
    outcome: 'cancelled',
    cause: { message: expect.stringContaining('binary:arm64') },
  });
});

test('cancelling ends all jobs', async () => {
  const id = await afterSource();
  const amd64 = await claim(id, 'binary:amd64', one);
  await farm.tasks.cancel(id, { name: 'local' });
  expect(await standing(id)).toEqual({ source: 'success', 'binary:amd64': 'cancelled', 'binary:arm64': 'cancelled' });
  await expect(farm.attempts.heartbeat(amd64)).rejects.toMatchObject({ kind: 'stale-fence' });
});

test('a lost host costs its own job another attempt, and no other', async () => {
  const id = await afterSource();
  const amd64 = await claim(id, 'binary:amd64', one);
  await claim(id, 'binary:arm64', arm);
  await farm.worker('arm', { architectures: ['arm64'], trees: [image, ...environments('arm64')] });
  expect(await standing(id)).toMatchObject({ 'binary:amd64': 'running', 'binary:arm64': 'queued' });
  await farm.attempts.result(amd64, result(await files(amd64, packages('amd64'))));
  expect(await farm.state(id)).toBe('queued');
  farm.advance(10_000);
  const again = await claim(id, 'binary:arm64', arm);
  expect((await farm.tasks.get(id)).jobs.find(({ name }) => name === 'binary:arm64')?.attempts).toHaveLength(2);
  await farm.attempts.result(again, result(await files(again, packages('arm64'))));
  expect(await farm.state(id)).toBe('publishing');
});

test('why one of its jobs waits is said of the task, with the name of the job', async () => {
  const id = await afterSource();
  await claim(id, 'binary:amd64', one);
  await farm.workers.drain(arm.name, { name: 'local' });
  const task = await farm.tasks.get(id);
  expect(task.state).toBe('running');
  expect(task.waiting).toMatch(/^binary:arm64: /);
  expect(task.jobs.find(({ name }) => name === 'binary:arm64')?.waiting).toBe(
    task.waiting?.slice('binary:arm64: '.length),
  );
  expect(task.jobs.find(({ name }) => name === 'binary:amd64')?.waiting).toBeNull();
});

test('an architecture that no worker builds for is refused at once', async () => {
  await farm.workers.remove(arm.name, { name: 'local' });
  await expect(farm.build(BOTH)).rejects.toMatchObject({
    message: 'No worker of pool default builds deb packages for arm64.',
    hint: expect.stringMatching(
      /^Workers build for: amd64\. Add one of arm64: .*or let one emulate it: qemu-user-static/,
    ),
  });
});

test('an architecture that a host learns is what its waiting jobs are taken for', async () => {
  const id = await afterSource();
  await claim(id, 'binary:amd64', one);
  await farm.workers.remove(arm.name, { name: 'local' });
  expect((await farm.tasks.get(id)).waiting).toMatch(
    /^binary:arm64: No worker serves default\.deb\.arm64: none of pool/,
  );
  const architectures = ['amd64', 'arm64'];
  const trees = [image, ...environments('amd64'), ...environments('arm64')];
  await farm.workers.report(one, { ...hostReport('one'), architectures, trees, slots: 2 });
  expect((await farm.tasks.get(id)).waiting).toBe('binary:arm64: A worker is being asked to take it.');
  await claim(id, 'binary:arm64', one);
  expect(await standing(id)).toMatchObject({ 'binary:amd64': 'running', 'binary:arm64': 'running' });
});

describe('a file that two jobs hand in', () => {
  const common = `hello-data_${VERSION}_all.deb`;

  async function handIn(name: string, content?: string): Promise<string> {
    const id = await afterSource();
    const source = (await farm.tasks.get(id)).jobs.find((job) => job.name === 'source');
    expect(source?.outcome).toBe('success');
    const amd64 = await claim(id, 'binary:amd64', one);
    await farm.attempts.result(amd64, result(await files(amd64, [...packages('amd64'), common, name])));
    const arm64 = await claim(id, 'binary:arm64', arm);
    const own = [...(await files(arm64, packages('arm64'))), ...(await files(arm64, [name], content))];
    await farm.attempts.result(arm64, result(own));
    return id;
  }

  test('with the same bytes is published once', async () => {
    const id = await handIn('hello_2.10.buildinfo');
    expect(await farm.state(id)).toBe('publishing');
  });

  test('with other bytes fails the build, and both are named', async () => {
    const id = await handIn('hello_2.10.buildinfo', 'other bytes');
    const { outcome, cause } = await farm.tasks.get(id);
    expect(outcome).toBe('build-failure');
    expect(cause?.message).toMatch(/^binary:arm64 and binary:amd64 made hello_2\.10\.buildinfo with different content/);
  });
});

test('what is for all architectures is the first one’s alone to build', async () => {
  const id = await afterSource();
  const arm64 = await claim(id, 'binary:arm64', arm);
  const odd = [...packages('arm64'), `hello-doc_${VERSION}_all.deb`, `hello_${VERSION}.dsc`];
  await farm.attempts.result(arm64, result(await files(arm64, odd)));
  const message = (await farm.tasks.get(id)).jobs.find(({ name }) => name === 'binary:arm64')?.attempts[0]?.cause
    ?.message;
  expect(message).toContain('is for all, ordered was arm64');
  expect(message).toContain(`hello_${VERSION}.dsc is not what this job was to make`);
});

test('a source package may have nothing for one architecture, be it the first or a further one', async () => {
  for (const [empty, other] of [
    ['amd64', 'arm64'],
    ['arm64', 'amd64'],
  ] as const) {
    const host = (architecture: string) => (architecture === 'amd64' ? one : arm);
    const { id } = await farm.build(BOTH);
    const source = await claim(id, 'source', one);
    const { full } = await farm.attempts.reserveVersion(source, { name: 'hello', main: '2.10', release: '1' });
    await farm.attempts.result(source, result(await files(source, [`hello_${full}.dsc`]), full));
    await farm.attempts.result(await claim(id, `binary:${empty}`, host(empty)), result([], full));
    expect(await standing(id)).toMatchObject({ [`binary:${empty}`]: 'success' });
    const last = await claim(id, `binary:${other}`, host(other));
    const made = packages(other).map((name) => name.replace(VERSION, full));
    await farm.attempts.result(last, result(await files(last, made), full));
    expect(await farm.state(id)).toBe('publishing');
  }
});

test('one that has nothing for any of them fails', async () => {
  const id = await afterSource();
  await farm.attempts.result(await claim(id, 'binary:arm64', arm), result([]));
  await farm.attempts.result(await claim(id, 'binary:amd64', one), result([]));
  expect(await farm.tasks.get(id)).toMatchObject({
    outcome: 'build-failure',
    cause: { message: 'The source package makes packages for none of amd64, arm64.' },
  });
});

test('of a ready one the first hands in the source package, if nothing else', async () => {
  const dsc = { ...(await farm.upload('dsc')), name: `hello_${VERSION}.dsc` };
  const { id } = await farm.build({ ...BOTH, artifact: undefined, source: { kind: 'dsc', dsc, files: [] } });
  const nothing = await claim(id, 'binary:amd64', one);
  await farm.attempts.result(nothing, result([]));
  const attempt = (await farm.tasks.get(id)).jobs.find(({ name }) => name === 'binary:amd64')?.attempts[0];
  expect(attempt?.cause?.message).toContain(`hello_${VERSION}.dsc is missing`);
  farm.advance(10_000);
  const again = await claim(id, 'binary:amd64', one);
  await farm.attempts.result(again, result(await files(again, [`hello_${VERSION}.dsc`])));
  const arm64 = await claim(id, 'binary:arm64', arm);
  await farm.attempts.result(arm64, result(await files(arm64, packages('arm64'))));
  expect(await farm.state(id)).toBe('publishing');
});

test('where it is built for one architecture alone, it must have packages for that', async () => {
  const { id } = await farm.build({ architectures: ['amd64'] });
  const call = await claim(id, 'build:amd64', one);
  await farm.attempts.reserveVersion(call, { name: 'hello', main: '2.10', release: '1' });
  await farm.attempts.result(call, result(await files(call, SOURCE)));
  const message = (await farm.tasks.get(id)).jobs[0]?.attempts[0]?.cause?.message;
  expect(message).toContain('there is no package');
});

test('the job of the source package hands in that alone', async () => {
  const { id } = await farm.build(BOTH);
  const source = await claim(id, 'source', one);
  await farm.attempts.reserveVersion(source, { name: 'hello', main: '2.10', release: '1' });
  await farm.attempts.result(source, result(await files(source, ['hello_2.10.orig.tar.gz', ...packages('amd64')])));
  const message = (await farm.tasks.get(id)).jobs[0]?.attempts[0]?.cause?.message;
  expect(message).toContain(`hello_${VERSION}.dsc is missing`);
  expect(message).toContain(`hello_${VERSION}_amd64.deb is not what this job was to make`);
});

test('a retry does all of it again', async () => {
  const id = await afterSource();
  await farm.tasks.cancel(id, { name: 'local' });
  const again = await farm.submissions.retry(id, { name: 'local' });
  expect(again).toMatchObject({ retryOf: id, architectures: ['amd64', 'arm64'] });
  expect(await standing(again.id)).toEqual({ source: 'queued' });
});

test('OS images are one job each from the beginning, and published together', async () => {
  const [instance] = farm.context.config.instances;
  const images = { format: 'osi' as const, name: 'images', env: 'images', tag: 'images', mirrors: [] };
  instance?.distributions.push({ ...images, packages: undefined });
  for (const name of ['one', 'arm']) {
    const tool = { ...image, name: 'osi', format: 'osi' as const };
    await farm.worker(name, { architectures: [name === 'one' ? 'amd64' : 'arm64'], trees: [tool] });
  }
  const { id } = await farm.build({ ...BOTH, format: 'osi', distribution: 'images' });
  expect(await standing(id)).toEqual({ 'build:amd64': 'queued', 'build:arm64': 'queued' });
  for (const [name, host, stem] of [
    ['build:arm64', arm, 'hello_2.10_arm64'],
    ['build:amd64', one, 'hello_2.10'],
  ] as const) {
    const call = await claim(id, name, host);
    const { full } = await farm.attempts.reserveVersion(call, { name: 'hello', main: '2.10', release: '' });
    expect(full).toBe('2.10');
    await farm.attempts.result(call, result(await files(call, [`${stem}.tar`, `${stem}.SHA256SUMS`]), full));
  }
  const { order } = await claim(id, 'publish', farm.publisher);
  const names = (order as { files: FileRef[] }).files.map(({ name }) => name);
  expect(names.filter((name) => name.endsWith('.tar')).toSorted()).toEqual(['hello_2.10.tar', 'hello_2.10_arm64.tar']);
});
