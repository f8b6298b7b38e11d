import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseDeb822, withoutEpoch } from '@fatbuildr/domain';
import type { IngestedPackage } from '@fatbuildr/registry';
import { makeAr, makeSource, makeTar } from '@fatbuildr/testing/deb';
import { syntheticPackages } from '@fatbuildr/testing/synthetic';
import { writeDebs } from '@fatbuildr/testing/synthetic-deb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedRegistry, servedRegistry } from './farm.ts';

let farm: ServedRegistry;
beforeAll(async () => {
  farm = await servedRegistry({ judged: false });
});
afterAll(() => farm.close());

/** A package whose control file is this text. */
async function debOf(control: string | Buffer, files: Record<string, string> = { './usr/': '' }, extension = 'deb') {
  const [fields] = parseDeb822(control.toString('latin1'));
  const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map((field) => fields?.get(field) ?? '');
  const content = makeAr([
    { name: 'debian-binary', content: Buffer.from('2.0\n') },
    { name: 'control.tar.gz', content: gzipSync(await makeTar({ './control': control })) },
    { name: 'data.tar.gz', content: await packFiles(files) },
  ]);
  return { name: `${name}_${withoutEpoch(version as string)}_${architecture}.${extension}`, content };
}

/** As dpkg-deb does: makeTar has extended headers, which dpkg does not take. */
async function packFiles(files: Record<string, string>): Promise<Buffer> {
  const dir = await mkdtemp(join(farm.dir, 'files-'));
  for (const path of Object.keys(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    if (!path.endsWith('/')) await writeFile(join(dir, path), '');
  }
  return execFileSync('tar', ['--format=gnu', '--gzip', '-C', dir, '-cf', '-', '.'], { maxBuffer: 1 << 28 });
}

const head = (name: string, version = '1', architecture = 'all') =>
  `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nMaintainer: A <a@example.org>\n`;

const ODD: [what: string, control: string, files?: Record<string, string> | undefined, extension?: string][] = [
  [
    'fields in odd case',
    `package: odd-case\nVERSION: 1\narchitecture: all\nmaintainer: A <a@b>\ndePENDS: libc6\nsection: misc\nDescription: x\n`,
  ],
  [
    'fields in odd order',
    'Description: x\n y\nVersion: 1\nHomepage: http://example.org/\nPackage: odd-order\nArchitecture: all\nTag: a::b\nMaintainer: A <a@b>\nSection: net\n',
  ],
  [
    'folded relations',
    `${head('folded')}Depends: libc6 (>= 2.34),\n a | b,\n\tc (<< 1:2)\nRecommends:\n one,\n two\nDescription: x\n`,
  ],
  [
    'text beyond ASCII',
    `${head('utf8')}Maintainer-Note: Zoë Łukasz 北京\nDescription: Grüße\n Ωμέγα — «quoted»\n .\n 日本語\n`,
  ],
  ['an epoch, a tilde and a plus', `${head('versions', '2:1.0~rc1+dfsg-3+deb12u1~bpo11+1')}Description: x\n`],
  ['unknown fields', `${head('unknown')}X-Odd: kept\nCnf-Extra-Commands: a\nPython-Version: 3.11\nDescription: x\n`],
  [
    'blank lines and verbatim text in the description',
    `${head('verbatim')}Description: x\n para\n .\n   verbatim  with   spaces\n .\n  * list\n`,
  ],
  ['blanks at the end of lines', `${head('trailing')}Section: misc   \nDescription: x  \n y   \n`],
  ['an empty field', `${head('empty-field')}Homepage:\nDescription: x\n`],
  [
    'every relation',
    `${head('relations')}Pre-Depends: dpkg (>= 1.15)\nDepends: a\nRecommends: b\nSuggests: c\nEnhances: d\nBreaks: e (<< 1)\nConflicts: f\nReplaces: g\nProvides: h (= 1), i\nBuilt-Using: gcc-12 (= 12.2.0-14)\nStatic-Built-Using: go (= 1)\nDescription: x\n`,
  ],
  [
    'all the flags',
    `${head('flags', '1', 'amd64')}Essential: yes\nProtected: yes\nImportant: yes\nMulti-Arch: same\nPriority: required\nInstalled-Size: 12\nSource: src (1:2)\nDescription: x\n`,
  ],
  ['a section of an area', `${head('area')}Section: contrib/net\nDescription: x\n`],
  [
    'lies about the index',
    `${head('lies')}Filename: ../../etc/passwd\nSize: 1\nMD5sum: x\nSHA256: x\nDescription: x\n`,
  ],
  [
    'names with spaces, quotes and letters beyond ASCII',
    `${head('paths')}Section: misc\nDescription: x\n`,
    { './usr/': '', './usr/a b': '', './usr/"q\'': '', './usr/ünï': '', './usr/100%': '', './usr/a,b': '' },
  ],
  [
    'a path longer than a tar header',
    `${head('long-path')}Description: x\n`,
    { [`./usr/${'directory/'.repeat(25)}file`]: '' },
  ],
  [
    'thousands of files',
    `${head('many-files')}Section: misc\nDescription: x\n`,
    Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`./usr/share/many/${index % 70}/f${index}`, ''])),
  ],
  ['no file', `${head('no-file')}Description: x\n`, {}],
  ['a name with dots and pluses', `${head('libstdc++6.1-x')}Description: x\n`],
  [
    'debug symbols',
    `${head('symbols-dbgsym', '1', 'amd64')}Auto-Built-Package: debug-symbols\nBuild-Ids: 0011\nDescription: x\n`,
    undefined,
    'ddeb',
  ],
];

describe('apt and apt-ftparchive agree on', () => {
  test(`odd packages: ${ODD.map(([what]) => what).join('; ')}`, async () => {
    const files = await Promise.all(ODD.map(([, control, paths, extension]) => debOf(control, paths, extension)));
    await farm.publish(await farm.ingestFiles(files));
    const stanzas = await farm.judge();
    expect(stanzas.get('main/binary-amd64/Packages')).toHaveLength(ODD.length);
  });

  test('packages of the installer', async () => {
    const deb = await debOf(
      `${head('installer', '1', 'amd64')}Section: debian-installer\nDescription: x\n`,
      undefined,
      'udeb',
    );
    await farm.publish(await farm.ingestFiles([deb]));
    const stanzas = await farm.judge();
    expect(stanzas.get('main/debian-installer/binary-amd64/Packages')).toHaveLength(1);
  });

  test('what dpkg-deb makes, by each compression', async () => {
    const dir = await mkdtemp(join(farm.dir, 'dpkg-'));
    const files = [];
    for (const compression of ['gzip', 'xz', 'zstd', 'none']) {
      const tree = join(dir, compression);
      await mkdir(join(tree, 'DEBIAN'), { recursive: true });
      await mkdir(join(tree, 'usr/bin'), { recursive: true });
      await writeFile(join(tree, 'usr/bin', compression), '#!/bin/sh\n', { mode: 0o755 });
      execFileSync('ln', ['-s', compression, join(tree, `usr/bin/link-${compression}`)]);
      await writeFile(join(tree, 'DEBIAN/control'), `${head(`by-${compression}`)}Section: misc\nDescription: x\n`);
      const name = `by-${compression}_1_all.deb`;
      execFileSync('dpkg-deb', ['--build', '--root-owner-group', `-Z${compression}`, tree, join(dir, name)], {
        stdio: 'ignore',
      });
      files.push({ name, content: await readFile(join(dir, name)) });
    }
    await farm.publish(await farm.ingestFiles(files));
    await expect(farm.judge()).resolves.toBeDefined();
  });

  test('source packages: several binaries, folded fields, an epoch, a signature, another component', async () => {
    const [dsc, tarball] = await makeSource({ name: 'rich-src', version: '1:3.0~rc1' });
    const text = String(dsc?.content)
      .replace(/^Binary:.*$/m, 'Binary: one, two,\n three')
      .replace(/^Architecture:.*$/m, 'Architecture: any all')
      .replace(
        /^Build-Depends:.*$/m,
        'Uploaders: Zoë <z@example.org>,\n B <b@example.org>\nHomepage: https://example.org/\nVcs-Git: https://example.org/x.git -b main\nTestsuite: autopkgtest\nBuild-Depends: debhelper-compat (= 13),\n a [amd64] <!nocheck>\nBuild-Depends-Indep: b\nBuild-Conflicts: c',
      )
      .replace(
        /^Package-List:\n.*$/m,
        'Package-List:\n one deb misc optional arch=any\n two deb misc optional arch=all\n three udeb debian-installer optional arch=any',
      );
    const armoured = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n`;
    const files = [
      { name: dsc?.name as string, content: Buffer.from(armoured) },
      tarball as { name: string; content: Buffer },
    ];
    await farm.publish(await farm.ingestFiles(files));
    await expect(farm.judge()).resolves.toBeDefined();
  });

  test('many packages of many files', async () => {
    const dir = await mkdtemp(join(farm.dir, 'synthetic-'));
    const built = await writeDebs(dir, syntheticPackages(40));
    const files = await Promise.all(built.map(async ({ name, path }) => ({ name, content: await readFile(path) })));
    await farm.publish(await farm.ingestFiles(files));
    await expect(farm.judge()).resolves.toBeDefined();
  });
});

test('they object to another field, and to another pool file', async () => {
  const other = await servedRegistry({ judged: false });
  try {
    const packages = await other.ingest({ name: 'hello', version: '1', control: 'Depends: libc6\n' });
    const [hello] = packages as [IngestedPackage];
    const lie = (part: string, from: string, to: string) => ({
      ...hello,
      parts: { ...hello.parts, [part]: (hello.parts[part] as string).replace(from, to) },
    });
    await other.publish([lie('stanza', 'Depends: libc6', 'Depends: libc7')]);
    await expect(other.judge()).rejects.toThrow('to deeply equal');
    await other.publish([], { changes: { remove: [{ name: 'hello' }] } });
    await other.judge();
    const [world] = await other.ingest({ name: 'world', version: '1' });
    await other.publish([world as IngestedPackage]);
    await other.judge();
    const path = join(other.paths.tree, 'default/deb', world?.files[0]?.path as string);
    await writeFile(path, (await readFile(path)).fill(0, 200, 210));
    await expect(other.judge()).rejects.toThrow('to deeply equal');
  } finally {
    await other.close();
  }
});
