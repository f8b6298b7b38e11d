import { Readable } from 'node:stream';
import type { FileRef, HeldTree } from '@fatbuildr/domain';
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

async function handIn(call: AttemptCall, version: string, names: string[]) {
  const files: FileRef[] = [];
  for (const name of names) {
    files.push(await farm.attempts.storeFile(call, name, sha256Of(name), Readable.from([Buffer.from(name)])));
  }
  const build = { source: { name: 'hello', version }, files };
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
