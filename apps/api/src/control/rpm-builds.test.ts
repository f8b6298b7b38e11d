import { Readable } from 'node:stream';
import { BuildResult, type FileRef, type HeldTree } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptCall, WorkerIdentity } from './services.ts';
import { hostReport, packageOf, published, sha256Of, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
let one: WorkerIdentity;

const held = { generation: '1', created: 1, bytes: null, architecture: 'amd64', format: 'rpm' as const };
const trees: HeldTree[] = [
  { ...held, kind: 'image', name: 'rpm', instance: null, environment: null },
  { ...held, kind: 'environment', name: 'default/rpm/el9-amd64', instance: 'default', environment: 'el9' },
];

beforeEach(async () => {
  farm = await testControl();
  one = await farm.ready();
  await farm.worker('one', { ...hostReport('one'), trees });
});
afterEach(() => farm.close());

const request = { format: 'rpm' as const, distribution: 'el9' };

async function started() {
  const task = await farm.build(request);
  const call = await farm.claim(task.id, one);
  const { full } = await farm.attempts.reserveVersion(call, { name: 'hello', main: '2.10-rc1', release: '1' });
  return { task: task.id, call, full };
}

async function handIn(call: AttemptCall, version: string, names: string[], architectures?: string[]) {
  const files: FileRef[] = [];
  for (const name of names) {
    files.push(await farm.attempts.storeFile(call, name, sha256Of(name), Readable.from([Buffer.from(name)])));
  }
  const build = { source: { name: 'hello', version, ...(architectures ? { architectures } : {}) }, files };
  await farm.attempts.result(call, { outcome: 'success', cause: null, build, publication: null });
}

const files = (version: string, architecture = 'x86_64') => [
  `hello-${version}.src.rpm`,
  `hello-${version}.${architecture}.rpm`,
  `hello-doc-${version}.noarch.rpm`,
];

test('the order names repositories, and the farm’s own once it is published', async () => {
  const first = await farm.claim((await farm.build(request)).id, one);
  expect(first.order).toMatchObject({
    kind: 'build-rpm',
    target: { distribution: 'el9', tag: 'el9', environment: 'el9', builder: null },
    recipe: { format: 'rpm', mock: null, repositories: [{ id: 'base', baseurl: 'http://mirror.example/9' }] },
    farm: null,
  });
});

test('a version that is published gets a build number; a dash becomes a tilde', async () => {
  const { task, call, full } = await started();
  expect(full).toBe('2.10~rc1-1.el9');
  await handIn(call, full, files(full));
  const publishing = await farm.claim(task, farm.publisher);
  expect(publishing.order).toMatchObject({ kind: 'publish', repository: { format: 'rpm', distribution: 'el9' } });
  const source = { ...packageOf('hello', full), format: 'rpm' as const, distribution: 'el9', architecture: 'src' };
  await farm.tell([source], { format: 'rpm', distribution: 'el9' });
  await farm.attempts.result(publishing, published());
  expect(await farm.state(task)).toBe('success');

  const task2 = await farm.build(request);
  const again = await farm.claim(task2.id, one);
  expect(again.order).toMatchObject({ farm: { path: '/default/rpm', suite: 'el9', components: ['main'] } });
  const next = await farm.attempts.reserveVersion(again, { name: 'hello', main: '2.10-rc1', release: '1' });
  expect(next).toMatchObject({ full: '2.10~rc1-1.el9+build2', fullRelease: '1.el9+build2' });
  expect(next.changelog.map(({ version }) => version)).toEqual(['2.10~rc1-1.el9+build2', '2.10~rc1-1.el9']);
});

describe('a result is not taken', () => {
  test.each<[string, (version: string) => string[], string]>([
    ['without packages', (version) => [`hello-${version}.src.rpm`], 'there is no package'],
    ['without its source', (version) => [`hello-${version}.x86_64.rpm`], '.src.rpm is missing'],
    ['with packages for another architecture', (version) => files(version, 'aarch64'), 'is for aarch64'],
    ['with other files', (version) => [...files(version), 'build.log'], 'build.log is no file of an RPM build'],
    ['of another version', () => files('3-1'), '2.10~rc1-1.el9.src.rpm is missing'],
  ])('%s', async (_, names, message) => {
    const { task, call, full } = await started();
    await handIn(call, full, names(full));
    const found = await farm.tasks.get(task);
    expect(found.jobs[0]?.attempts[0]).toMatchObject({
      outcome: 'infrastructure-failure',
      cause: { message: expect.stringContaining(message) },
    });
  });
});

test('an artifact may be called as packages of RPM are', async () => {
  const task = await farm.build({ ...request, artifact: 'mod_wsgi' });
  const call = await farm.claim(task.id, one);
  expect(call.order).toMatchObject({ artifact: 'mod_wsgi' });
  const { full } = await farm.attempts.reserveVersion(call, { name: 'mod_wsgi', main: '5.0', release: '1' });
  expect(full).toBe('5.0-1.el9');
  await expect(farm.build({ artifact: 'mod_wsgi' })).rejects.toThrow('an artifact name: lower-case letters');
});

test('a source package of another format is refused', async () => {
  const srpm = { ...(await farm.upload()), name: 'hello-1-1.src.rpm' };
  const wrong = { artifact: undefined, source: { kind: 'srpm' as const, srpm } };
  await expect(farm.build(wrong)).rejects.toThrow('A source package of format rpm cannot be built for bookworm');
  const task = await farm.build({ ...request, ...wrong });
  expect(task).toMatchObject({ artifact: 'hello', format: 'rpm' });
  const call = await farm.claim(task.id, one);
  await expect(farm.attempts.reserveVersion(call, { name: 'hello', main: '1', release: '1' })).rejects.toThrow(
    'A ready source package has its version',
  );
});

describe('for two architectures', () => {
  const environments = trees.flatMap((tree) => (tree.kind === 'environment' ? [tree] : []));
  beforeEach(async () => {
    const further = environments.map((tree) => ({ ...tree, architecture: 'arm64', name: 'default/rpm/el9-arm64' }));
    const report = { ...hostReport('one'), architectures: ['amd64', 'arm64'], trees: [...trees, ...further] };
    await farm.worker('one', report);
  });

  test('the source package is made once; what it is to be built with goes along with it', async () => {
    const task = await farm.build({ ...request, architectures: ['amd64', 'arm64'] });
    const source = await farm.claim(task.id, one);
    const { full } = await farm.attempts.reserveVersion(source, { name: 'hello', main: '2.10', release: '1' });
    const name = `hello-${full}.src.rpm`;
    const srpm = await farm.attempts.storeFile(source, name, sha256Of(name), Readable.from([Buffer.from(name)]));
    const buildargs = ['--with', 'extra'];
    const build = { source: { name: 'hello', version: full, buildargs }, files: [srpm] };
    await farm.attempts.result(source, { outcome: 'success', cause: null, build, publication: null });

    const [amd64, arm64] = [await farm.claim(task.id, one), await farm.claim(task.id, one)];
    const same = { part: 'binaries', buildargs, source: { kind: 'srpm', srpm } };
    expect(amd64.order).toMatchObject({ ...same, architecture: 'amd64', primary: true });
    expect(arm64.order).toMatchObject({ ...same, architecture: 'arm64', primary: false });
    await handIn(amd64, full, [`hello-${full}.x86_64.rpm`, `hello-doc-${full}.noarch.rpm`]);
    await handIn(arm64, full, [`hello-${full}.aarch64.rpm`]);
    const publishing = await farm.claim(task.id, farm.publisher);
    const names = (publishing.order as { files: FileRef[] }).files.map((file) => file.name);
    expect(names.toSorted()).toEqual([
      ...[`hello-${full}.aarch64.rpm`, name, `hello-${full}.x86_64.rpm`, `hello-doc-${full}.noarch.rpm`],
    ]);
  });

  test('what is for all, and the source, are not a further job’s to hand in', async () => {
    const srpm = { ...(await farm.upload()), name: 'hello-1-1.src.rpm' };
    const ready = { artifact: undefined, source: { kind: 'srpm' as const, srpm }, architectures: ['amd64', 'arm64'] };
    const task = await farm.build({ ...request, ...ready });
    const [amd64, arm64] = [await farm.claim(task.id, one), await farm.claim(task.id, one)];
    await handIn(arm64, '1-1', ['hello-1-1.src.rpm', 'hello-1-1.aarch64.rpm', 'hello-doc-1-1.noarch.rpm']);
    const found = (await farm.tasks.get(task.id)).jobs.find(({ name }) => name === 'binary:arm64');
    const message = found?.attempts[0]?.cause?.message;
    expect(message).toContain('hello-1-1.src.rpm is for src, ordered was aarch64');
    expect(message).toContain('hello-doc-1-1.noarch.rpm is for noarch, ordered was aarch64');
    await handIn(amd64, '1-1', ['hello-1-1.src.rpm', 'hello-1-1.x86_64.rpm']);
    expect((await farm.tasks.get(task.id)).jobs.find(({ name }) => name === 'binary:amd64')?.outcome).toBe('success');
  });

  const both = { ...request, architectures: ['amd64', 'arm64'] };
  const jobOf = async (task: string, name: string) =>
    (await farm.tasks.get(task)).jobs.find((job) => job.name === name);

  describe('of which the source package leaves out the first', () => {
    /** The source package is in, and says that. */
    async function afterSource(architectures = ['arm64']) {
      const { id } = await farm.build(both);
      const source = await farm.claim(id, one);
      const { full } = await farm.attempts.reserveVersion(source, { name: 'hello', main: '2.10', release: '1' });
      await handIn(source, full, [`hello-${full}.src.rpm`], architectures);
      return { id, full };
    }

    test('the other one builds what is for all', async () => {
      const { id, full } = await afterSource();
      const [amd64, arm64] = [await farm.claim(id, one), await farm.claim(id, one)];
      expect(amd64.order).toMatchObject({ architecture: 'amd64', primary: false });
      expect(arm64.order).toMatchObject({ architecture: 'arm64', primary: true });
      await handIn(amd64, full, []);
      await handIn(arm64, full, [`hello-${full}.aarch64.rpm`, `hello-doc-${full}.noarch.rpm`], ['arm64']);
      const { order } = await farm.claim(id, farm.publisher);
      expect((order as { files: FileRef[] }).files.map(({ name }) => name).toSorted()).toEqual([
        ...[`hello-${full}.aarch64.rpm`, `hello-${full}.src.rpm`, `hello-doc-${full}.noarch.rpm`],
      ]);
    });

    test('what the first hands in of that is not taken', async () => {
      const { id, full } = await afterSource();
      await handIn(await farm.claim(id, one), full, [`hello-${full}.x86_64.rpm`, `hello-doc-${full}.noarch.rpm`]);
      const message = (await jobOf(id, 'binary:amd64'))?.attempts[0]?.cause?.message;
      expect(message).toContain('is for noarch, ordered was x86_64');
    });

    test('one that is for none of them still has one job for what is for all', async () => {
      const { id } = await afterSource([]);
      const orders = [await farm.claim(id, one), await farm.claim(id, one)].map(({ order }) => order);
      expect(orders).toMatchObject([{ primary: true }, { primary: false }]);
    });

    test.each([[['riscv64']], [['arm64', 'amd64']], [['arm64', 'arm64']]])(
      'it cannot say that it is for %j',
      async (said) => {
        const { id } = await afterSource(said);
        const message = (await jobOf(id, 'source'))?.attempts[0]?.cause?.message;
        expect(message).toContain(`it is said to be for ${said.join(', ')}, ordered was amd64, arm64`);
      },
    );

    test('of a ready one, which each job opens, the other one builds what is for all, and the first hands in the source', async () => {
      const srpm = { ...(await farm.upload()), name: 'hello-1-1.src.rpm' };
      const ready = { artifact: undefined, source: { kind: 'srpm' as const, srpm } };
      const { id } = await farm.build({ ...both, ...ready });
      const [amd64, arm64] = [await farm.claim(id, one), await farm.claim(id, one)];
      await handIn(arm64, '1-1', ['hello-1-1.aarch64.rpm', 'hello-doc-1-1.noarch.rpm'], ['arm64']);
      expect((await jobOf(id, 'binary:arm64'))?.outcome).toBe('success');
      await handIn(amd64, '1-1', ['hello-1-1.src.rpm', 'hello-1-1.x86_64.rpm'], ['arm64']);
      const refused = (await jobOf(id, 'binary:amd64'))?.attempts[0]?.cause?.message;
      expect(refused).toContain('it is said to be for arm64, and has packages for amd64');
      farm.advance(10_000);
      await handIn(await farm.claim(id, one), '1-1', ['hello-1-1.src.rpm'], ['arm64']);
      expect(await farm.state(id)).toBe('publishing');
    });
  });

  test('who was not asked for architectures tells none', async () => {
    const { task, call, full } = await started();
    await handIn(call, full, files(full), ['amd64']);
    const message = (await farm.tasks.get(task)).jobs[0]?.attempts[0]?.cause?.message;
    expect(message).toContain('it was not asked for architectures');
  });

  test('options for rpmbuild that are none of its are no result', () => {
    const source = { name: 'hello', version: '1-1', buildargs: ['--root', '/'] };
    expect(BuildResult.safeParse({ source, files: [] }).success).toBe(false);
  });
});
