import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { cleanRoot } from './clean-root.ts';
import { type Built } from './farm.ts';
import { definition, scratch } from './packages.ts';
import { rpmDefinition } from './rpm/packages.ts';
import { farm } from './this-farm.ts';

/* One build for amd64 and i386, both of which run on this machine. */

const BOTH = ['--architecture', 'x86_64,i386'];

/** A program that ends with the size of a pointer, and data for all architectures beside it. */
const wide = {
  'deb/control': `Source: wide
Section: misc
Priority: optional
Maintainer: Jane Doe <jane@fatbuildr.invalid>
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: wide
Architecture: any
Description: package of a test
 It exists for a moment.

Package: wide-data
Architecture: all
Description: data of a package of a test
 It exists for a moment.
`,
  'deb/rules': `#!/usr/bin/make -f
build build-arch build-indep:
	true
binary: binary-arch binary-indep
binary-arch:
	mkdir -p debian/arch/DEBIAN debian/arch/usr/bin
	echo 'int main(void) { return sizeof(void *); }' > debian/wide.c
	cc -static -o debian/arch/usr/bin/wide debian/wide.c
	echo "the kernel says $$(uname -m)"
	dpkg-gencontrol -pwide -Pdebian/arch
	dpkg-deb --build --root-owner-group debian/arch ..
binary-indep:
	mkdir -p debian/indep/DEBIAN debian/indep/usr/share/wide
	date > debian/indep/usr/share/wide/built
	dpkg-gencontrol -pwide-data -Pdebian/indep
	dpkg-deb --build --root-owner-group debian/indep ..
clean:
	rm -rf debian/arch debian/indep debian/wide.c debian/files
.PHONY: build build-arch build-indep binary binary-arch binary-indep clean
`,
};

function jobs({ task }: Built): Record<string, string | null> {
  return Object.fromEntries(task?.jobs.map(({ name, outcome }) => [name, outcome]) ?? []);
}

function files({ task }: Built): string[] {
  return task?.artifacts.map(({ name }) => name).toSorted() ?? [];
}

const success = { source: 'success', 'binary:amd64': 'success', 'binary:i386': 'success', publish: 'success' };

/** Its environments cost minutes when they are made for the first time. */
beforeAll(async () => {
  for (const step of [
    ['keyring', 'create'],
    ['images', 'env-create'],
  ]) {
    const { status, stdout, stderr } = await farm.ctl([...step, '--instance', 'pair']);
    if (status !== 0) throw new Error(`${step.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  }
}, 900_000);

describe('one build for two architectures', () => {
  test('of a Debian package: each runs where it is for, and clients of both install it', async () => {
    const directory = await definition({ name: 'wide' }, wide);
    const built = await farm.build([directory, '-d', 'bookworm', '--instance', 'pair', ...BOTH]);
    expect(built).toMatchObject({ status: 0, task: { version: '1.0-1.deb12' } });
    expect(jobs(built)).toEqual(success);
    expect(files(built)).toEqual([
      'wide-data_1.0-1.deb12_all.deb',
      ...['wide_1.0-1.deb12.debian.tar.xz', 'wide_1.0-1.deb12.dsc'],
      ...['amd64', 'i386'].flatMap((one) =>
        ['buildinfo', 'changes', 'deb'].map((kind) => `wide_1.0-1.deb12_${one}.${kind}`),
      ),
      'wide_1.0.orig.tar.gz',
    ]);
    expect(built.stdout).toContain('the kernel says x86_64');
    expect(built.stdout).toContain('the kernel says i686');

    const client = await cleanRoot('bookworm', 'pair');
    try {
      await client.run('dpkg', '--add-architecture', 'i386');
      await client.update();
      for (const [architecture, size] of [
        ['amd64', '8'],
        ['i386', '4'],
      ] as const) {
        await client.install(`wide:${architecture}`, 'wide-data');
        expect(await client.run('sh', '-c', 'wide; echo $?')).toBe(size);
      }
    } finally {
      await client.remove();
    }
  });

  test('of an RPM package: what is for all is built by the first, options of the definition reach both', async () => {
    const directory = await rpmDefinition({
      name: 'both',
      preamble:
        '%bcond_with extra\n%package data\nSummary: Data\nBuildArch: noarch\n%description data\nData.\n%files data\n',
      buildargs: '--with extra',
      build: 'echo extra is %{with extra} for %{_target_cpu} on $(uname -m)',
    });
    const built = await farm.build([directory, '--instance', 'pair', '-d', 'el9', ...BOTH]);
    expect(built).toMatchObject({ status: 0, task: { version: '1.0-1.el9' } });
    expect(jobs(built)).toEqual(success);
    expect(files(built)).toEqual([
      'both-1.0-1.el9.i686.rpm',
      'both-1.0-1.el9.src.rpm',
      'both-1.0-1.el9.x86_64.rpm',
      'both-data-1.0-1.el9.noarch.rpm',
    ]);
    expect(built.stdout).toContain('extra is 1 for x86_64 on x86_64');
    expect(built.stdout).toContain('extra is 1 for i686 on i686');
    const into = await scratch();
    await farm.ctl(['download', built.task?.id ?? '', 'both-1.0-1.el9.i686.rpm', '-o', into]);
    const query = ['-qp', '--nosignature', '--qf', '%{arch} %{sourcerpm}', join(into, 'both-1.0-1.el9.i686.rpm')];
    expect((await execa('rpm', ['--dbpath', into, ...query])).stdout).toBe('i686 both-1.0-1.el9.src.rpm');
  });

  test('of an RPM package that excludes the first one is that of the other, with what is for all', async () => {
    const directory = await rpmDefinition({
      name: 'Narrow_one',
      preamble:
        'ExclusiveArch: %{ix86}\n%package doc\nSummary: Words\nBuildArch: noarch\n%description doc\nWords.\n%files doc\n',
    });
    const built = await farm.build([directory, '--instance', 'pair', '-d', 'el9', ...BOTH]);
    expect(jobs(built)).toEqual(success);
    expect(files(built)).toEqual([
      'Narrow_one-1.0-1.el9.i686.rpm',
      'Narrow_one-1.0-1.el9.src.rpm',
      'Narrow_one-doc-1.0-1.el9.noarch.rpm',
    ]);
    expect(built.stdout).toContain('makes no package for amd64, by its ExclusiveArch');
  });

  test('so it is of a ready source RPM that excludes the first one', async () => {
    const spec = `Name: handed
Version: 1.0
Release: 1
Summary: Package of a test
License: MIT
ExclusiveArch: %{ix86}
%description
Exists for a moment.
%package doc
Summary: Words
BuildArch: noarch
%description doc
Words.
%files
%files doc
`;
    const into = await scratch();
    await writeFile(join(into, 'handed.spec'), spec);
    await execa('rpmbuild', ['-bs', '--nodeps', '--define', `_topdir ${into}`, join(into, 'handed.spec')]);
    const built = await farm.build([
      join(into, 'SRPMS/handed-1.0-1.src.rpm'),
      '--instance',
      'pair',
      '-d',
      'el9',
      ...BOTH,
    ]);
    expect(built.status).toBe(0);
    expect(files(built)).toEqual(['handed-1.0-1.i686.rpm', 'handed-1.0-1.src.rpm', 'handed-doc-1.0-1.noarch.rpm']);
  });
});
