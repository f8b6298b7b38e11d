import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTar } from '@fatbuildr/testing/deb';
import { cacheSource } from './sources.ts';
import { farm } from './this-farm.ts';

/** A package that builds within seconds: it needs nothing but what every build environment has. */
export interface TinyPackage {
  name: string;
  version?: string;
  /** Shell commands of its build phase; what they put into `payload/` is installed in `/usr/share/NAME`. */
  build?: string;
  buildDepends?: string;
  /** Shell commands that run when it is installed. */
  postinst?: string;
}

/** Files by path, text. */
export type Files = Record<string, string>;

/** What `debian/` of a tiny package holds, but for its changelog. */
export function packaging({ name, build = 'true', buildDepends, postinst }: TinyPackage): Files {
  return {
    control: [
      `Source: ${name}`,
      'Section: misc',
      'Priority: optional',
      'Maintainer: Jane Doe <jane@fatbuildr.invalid>',
      'Standards-Version: 4.6.2',
      'Rules-Requires-Root: no',
      ...(buildDepends === undefined ? [] : [`Build-Depends: ${buildDepends}`]),
      '',
      `Package: ${name}`,
      'Architecture: any',
      'Description: package of a test',
      ' It exists for a moment.',
      '',
    ].join('\n'),
    rules: rules(name),
    'build.sh': `set -e\nmkdir -p payload\ndate > payload/built\n${build}\n`,
    ...(postinst === undefined ? {} : { postinst: `#!/bin/sh\nset -e\n${postinst}\n` }),
  };
}

function rules(name: string): string {
  return `#!/usr/bin/make -f
build build-arch build-indep: debian/built
debian/built:
	sh debian/build.sh
	touch $@
binary binary-arch binary-indep: build
	rm -rf debian/pkg
	mkdir -p debian/pkg/DEBIAN debian/pkg/usr/share/${name}
	cp -a payload/. debian/pkg/usr/share/${name}/
	[ ! -e debian/postinst ] || install -m 755 debian/postinst debian/pkg/DEBIAN/postinst
	dpkg-gencontrol -p${name} -Pdebian/pkg
	dpkg-deb --build --root-owner-group debian/pkg ..
clean:
	rm -rf debian/pkg debian/built debian/files payload
.PHONY: build build-arch build-indep binary binary-arch binary-indep clean
`;
}

/** A ready source package, format 3.0 (native); returns the path of its `.dsc`. */
export async function sourcePackage(tiny: TinyPackage): Promise<string> {
  const { name, version = '1.0', buildDepends } = tiny;
  const changelog = `${name} (${version}) bookworm; urgency=medium\n\n  * Made for a test.\n\n -- Jane Doe <jane@fatbuildr.invalid>  Thu, 01 Jan 2026 12:00:00 +0000\n`;
  const debian = { ...packaging(tiny), changelog, 'source/format': '3.0 (native)\n' };
  const tarball = gzipSync(await makeTar(below(`${name}-${version}/debian`, debian)));
  const tarballName = `${name}_${version}.tar.gz`;
  const row = (algorithm: string) => ` ${digest(algorithm, tarball)} ${tarball.length} ${tarballName}\n`;
  const dsc = [
    'Format: 3.0 (native)',
    `Source: ${name}`,
    `Binary: ${name}`,
    'Architecture: any',
    `Version: ${version}`,
    'Maintainer: Jane Doe <jane@fatbuildr.invalid>',
    'Standards-Version: 4.6.2',
    ...(buildDepends === undefined ? [] : [`Build-Depends: ${buildDepends}`]),
    `Package-List:\n ${name} deb misc optional arch=any`,
    `Checksums-Sha1:\n${row('sha1')}Checksums-Sha256:\n${row('sha256')}Files:\n${row('md5')}`,
  ].join('\n');
  const directory = await scratch();
  await writeFile(join(directory, tarballName), tarball);
  await writeFile(join(directory, `${name}_${version}.dsc`), dsc);
  return join(directory, `${name}_${version}.dsc`);
}

/** What `artifact.yml` of a tiny package says; its upstream site does not exist, so its tarball comes from the cache. */
export function metadata(name: string, sha256: string, version = '1.0'): string {
  return `source: http://upstream.invalid/${name}-{{ version }}.tar.gz
version: "${version}"
checksums:
  "${version}": {sha256: ${sha256}}
deb: {release: 1}
`;
}

/**
 * An artifact definition, its tarball in the farm's source cache; returns its directory. `files` are added to it, and replace
 * or (undefined) remove what would be there.
 */
export async function definition(tiny: TinyPackage, files: Record<string, string | undefined> = {}): Promise<string> {
  const { name, version = '1.0' } = tiny;
  const tarball = gzipSync(await makeTar({ [`${name}-${version}/readme`]: 'one\ntwo\nthree\n' }));
  const all = {
    'artifact.yml': metadata(name, await cacheSource(tarball), version),
    ...below('deb', packaging(tiny)),
    ...files,
  };
  const directory = join(await scratch(), name);
  for (const [path, text] of Object.entries(all)) {
    if (text === undefined) continue;
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
}

/** A directory that goes with the farm. */
export async function scratch(): Promise<string> {
  await mkdir(join(farm.directory, 'scratch'), { recursive: true });
  return mkdtemp(join(farm.directory, 'scratch/'));
}

function below(directory: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${directory}/${path}`, text]));
}

export function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
