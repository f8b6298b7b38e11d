import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskDetail } from '@fatbuildr/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CleanRoot, cleanRoot } from './clean-root.ts';
import { type Built, root } from './farm.ts';
import { digest, scratch } from './packages.ts';
import { cacheHello } from './sources.ts';
import { farm } from './this-farm.ts';

/** `examples/hello` for a distribution, with the options of Fatbuildr 2.1. */
const hello = (distribution: string, message: string) => [
  ...['-b', join(root, 'examples'), '-a', 'hello', '-d', distribution, '-f', 'deb', '-m', message],
];

const versions = { first: '2.10-1.deb12', second: '2.10-1.deb12+build2', cowbuilder: '2.10-1.deb12c' };

/** When the build phase of a task's only attempt began and ended. */
function buildPhase(task: TaskDetail | undefined) {
  const attempts = task?.jobs.find(({ name }) => name.startsWith('build'))?.attempts ?? [];
  const phase = attempts[0]?.phases.find(({ name }) => name === 'build');
  if (attempts.length !== 1 || !phase || phase.ended === null) throw new Error('not one attempt with a build phase');
  return { began: phase.began, ended: phase.ended };
}

describe('GNU hello from its definition', () => {
  let first: Built;
  let client: CleanRoot;
  beforeAll(cacheHello);
  afterAll(() => client?.remove());

  test('two builds at once on one worker, one of them by cowbuilder', async () => {
    const [one, two] = await Promise.all([
      farm.build(hello('bookworm', 'First build')),
      farm.build(hello('bookworm-cow', 'By cowbuilder')),
    ]);
    first = one;
    expect(one).toMatchObject({ status: 0, task: { outcome: 'success', version: versions.first } });
    expect(two).toMatchObject({ status: 0, task: { outcome: 'success', version: versions.cowbuilder } });
    const [a, b] = [buildPhase(one.task), buildPhase(two.task)];
    expect(Math.max(a.began, b.began)).toBeLessThan(Math.min(a.ended, b.ended));
  });

  test('its phases are recorded in order, its log ends with contents and lintian', () => {
    const attempt = first.task?.jobs[0]?.attempts[0];
    expect(attempt?.phases.map(({ name }) => name)).toEqual([
      ...['sources', 'environment', 'source-package', 'dependencies', 'build', 'collect', 'check'],
    ]);
    expect(first.stdout).toContain('network access will be disabled during build');
    expect(first.stdout).toMatch(/\.\/usr\/bin\/hello\n/);
    expect(first.stdout).toContain('--- lintian');
  });

  test('its files can be downloaded: packages, source, .buildinfo and .changes', async () => {
    const directory = await scratch();
    const id = first.task?.id ?? '';
    expect(await farm.ctl(['download', id, '-o', directory])).toMatchObject({ status: 0 });
    const names = await readdir(directory);
    expect(names.toSorted()).toEqual(
      [
        ...[`hello_${versions.first}_amd64.deb`, `hello-dbgsym_${versions.first}_amd64.deb`],
        ...[`hello_${versions.first}_amd64.buildinfo`, `hello_${versions.first}_amd64.changes`],
        ...[`hello_${versions.first}.dsc`, `hello_${versions.first}.debian.tar.xz`, 'hello_2.10.orig.tar.gz'],
      ].toSorted(),
    );
    for (const { name, sha256 } of first.task?.artifacts ?? []) {
      expect(digest('sha256', await readFile(join(directory, name)))).toBe(sha256);
    }
  });

  test('apt installs it in a clean root, signatures checked, and it runs', async () => {
    client = await cleanRoot();
    await client.update();
    await client.install('hello');
    expect(await client.run('hello')).toBe('Hello, world!');
    expect(await client.run('dpkg-query', '-W', '-f', '${Version}', 'hello')).toBe(versions.first);
  });

  test('a rebuild raises the build number and grows the changelog; apt upgrades to it', async () => {
    const second = await farm.build(hello('bookworm', 'Second build'));
    expect(second).toMatchObject({ status: 0, task: { outcome: 'success', version: versions.second } });
    await client.update();
    expect(await client.offered('hello')).toEqual([versions.second, versions.first]);
    await client.run('apt-get', 'upgrade', '--yes');
    expect(await client.run('dpkg-query', '-W', '-f', '${Version}', 'hello')).toBe(versions.second);
    const changelog = await client.run('zcat', '/usr/share/doc/hello/changelog.Debian.gz');
    const [entry, earlier] = changelog.split(/^(?=hello )/m);
    expect(entry).toContain(`hello (${versions.second}) bookworm;`);
    expect(entry).toContain('* Second build');
    expect(entry).toContain('-- Jane Doe <jane@fatbuildr.invalid>');
    expect(entry).toContain(second.task?.id);
    expect(earlier).toContain(`hello (${versions.first}) bookworm;`);
    expect(earlier).toContain('* First build');
  });

  test('what is deleted from the registry is offered no more', async () => {
    const one = ['registry', 'delete', 'hello', '-d', 'bookworm', '--version', versions.second, '--yes'];
    expect(await farm.ctl(one)).toMatchObject({ status: 0 });
    await client.update();
    expect(await client.offered('hello')).toEqual([versions.first]);
    expect(await farm.ctl(['registry', 'delete', 'hello', '-d', 'bookworm', '--yes'])).toMatchObject({ status: 0 });
    await client.update();
    expect(await client.offered('hello')).toEqual([]);
    const listed = await farm.ctl(['registry', 'list', '-d', 'bookworm-cow', '--json']);
    expect(listed.stdout).toContain(versions.cowbuilder);
  });
});
