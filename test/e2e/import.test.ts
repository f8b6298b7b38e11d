import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Imported } from '@fatbuildr/definition/import';
import { expect, test } from 'vitest';
import { digest, scratch } from './packages.ts';
import { artifact, buildJob, buildRpm, rpmDefinition } from './rpm/packages.ts';
import { debianSource } from './sources.ts';
import { farm } from './this-farm.ts';

const run = promisify(execFile);

/** What `import-dsc` or `import-srcrpm` made of a file, and the options with which it builds without its upstream site. */
async function imported(command: string, file: string, name: string): Promise<{ made: Imported; args: string[] }> {
  const directory = join(await scratch(), name);
  const { status, stdout, stderr } = await farm.ctl([command, file, directory, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const made = JSON.parse(stdout) as Imported;
  return { made, args: [directory, ...made.local.flatMap((one) => ['--sources', `${one.id}#${one.file}`])] };
}

/** The packaging of a source package: what its `.debian.tar` holds, by path. */
async function packagingOf(directory: string): Promise<Record<string, string>> {
  const into = await scratch();
  const tar = (await readdir(directory)).find((name) => /\.debian\.tar\./.test(name)) ?? 'none';
  await run('tar', ['-xf', join(directory, tar), '-C', into]);
  const entries = await readdir(join(into, 'debian'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = files.map(async (path) => [path.slice(into.length + 1), await readFile(path, 'latin1')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

test('a definition of the .dsc of GNU hello makes the same source package, and it builds', async () => {
  const dsc = await debianSource('hello');
  const { made, args } = await imported('import-dsc', dsc, 'hello');
  expect(made).toMatchObject({ artifact: 'hello', version: '2.10' });
  const orig = (await readdir(dirname(dsc))).find((name) => name.includes('.orig.tar')) ?? 'none';
  const local = made.local.length === 0 ? ['--sources', join(dirname(dsc), orig)] : [];
  const { task } = await farm.build([...args, ...local, '-d', 'bookworm-next']);
  expect(task).toMatchObject({ outcome: 'success', version: `2.10-${made.release}.deb12n` });
  const built = await scratch();
  expect(await farm.ctl(['download', task?.id ?? '', '-o', built])).toMatchObject({ status: 0 });
  const sums = [dirname(dsc), built].map(async (path) => digest('sha256', await readFile(join(path, orig))));
  expect(new Set(await Promise.all(sums)).size).toBe(1);
  const [theirs, ours] = await Promise.all([packagingOf(dirname(dsc)), packagingOf(built)]);
  expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
  expect({ ...ours, 'debian/changelog': '' }).toEqual({ ...theirs, 'debian/changelog': '' });
});

test('RPM packages build on what the farm published, also from a definition of their source package', async () => {
  const library = await rpmDefinition({ name: 'lib-farm', build: 'echo from-the-farm > payload/word' });
  expect(buildJob((await buildRpm(library)).task)).toMatchObject({ outcome: 'success' });
  const directory = await rpmDefinition(
    {
      name: 'uses-farm',
      preamble: 'BuildRequires: lib-farm >= 1.0',
      build: 'grep from-the-farm /usr/share/lib-farm/word > payload/found; cp %{SOURCE1} payload',
    },
    {
      'rpm/settings.conf': 'word=farm\n',
      'patches/generic/two.patch': '--- a/readme\n+++ b/readme\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n',
    },
  );
  const first = (await buildRpm(directory)).task;
  expect(buildJob(first)).toMatchObject({ outcome: 'success' });

  const source = first?.artifacts.find(({ name }) => name.endsWith('.src.rpm'))?.name ?? 'none';
  const file = join(await scratch(), source);
  await writeFile(file, await artifact(first!, '.src.rpm'));
  const { made, args } = await imported('import-srcrpm', file, 'uses-farm');
  expect(made.local.map(({ file: path }) => basename(path))).toEqual(['uses-farm-1.0.tar.gz']);
  const second = (await farm.build([...args, '--instance', 'rpms', '-d', 'el9'])).task;
  expect(buildJob(second)).toMatchObject({ outcome: 'success' });
  // The same release, under a number of its own: no version is used twice.
  expect(second).toMatchObject({ version: `${first?.version}+build2` });
  const [one, two] = await Promise.all([first, second].map(async (task) => contents(await artifact(task!, '64.rpm'))));
  expect(one).toContain('/usr/share/uses-farm/settings.conf');
  expect(two?.replaceAll('+build2', '')).toBe(one);
});

/** Files and their digests, and what the package asks for and offers. */
async function contents(bytes: Buffer): Promise<string> {
  const directory = await scratch();
  const file = join(directory, 'package.rpm');
  await mkdir(join(directory, 'rpmdb'));
  await writeFile(file, bytes);
  const format = '[%{FILENAMES} %{FILEDIGESTS}\n][%{REQUIRENEVRS}\n][%{PROVIDENEVRS}\n]%{SUMMARY}';
  const query = ['--dbpath', join(directory, 'rpmdb'), '-qp', '--nosignature', '--qf', format, file];
  return (await run('rpm', query)).stdout;
}
