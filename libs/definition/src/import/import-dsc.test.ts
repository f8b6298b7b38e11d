import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTar } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readArtifact } from '../artifact/read-artifact.ts';
import { importDsc } from './import-dsc.ts';

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'fatbuildr-import-test-'));
});
afterEach(() => rm(work, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const upstream = { 'hello-2.10/readme': 'one\n' };
const control = { control: 'Source: hello\n', rules: '#!/usr/bin/make -f\n', changelog: 'hello (2.10-3) sid\n' };

/** A source package from archives by name; returns the path of its `.dsc`. */
async function sourcePackage(version: string, archives: Record<string, Record<string, string>>): Promise<string> {
  const rows: string[] = [];
  for (const [name, files] of Object.entries(archives)) {
    const bytes = gzipSync(await makeTar(files));
    await writeFile(join(work, name), bytes);
    rows.push(` ${sha256(bytes)} ${bytes.length} ${name}`);
  }
  const dsc = join(work, 'hello.dsc');
  await writeFile(
    dsc,
    `Source: hello\nVersion: ${version}\nArchitecture: any\nChecksums-Sha256:\n${rows.join('\n')}\n`,
  );
  return dsc;
}

const debian = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries({ ...control, ...files }).map(([name, text]) => [`debian/${name}`, text]));
const quilt = (files: Record<string, string>, more: Record<string, Record<string, string>> = {}) =>
  sourcePackage('2.10-3', {
    'hello_2.10.orig.tar.gz': upstream,
    ...more,
    'hello_2.10-3.debian.tar.gz': debian(files),
  });
const into = (artifact: string) => join(work, 'made', artifact);

async function read(directory: string) {
  const text = await readFile(join(directory, 'artifact.yml'), 'utf8');
  const options = { file: 'artifact.yml', artifact: 'hello', format: 'deb', derivative: 'main' } as const;
  return readArtifact(text, { ...options, local: new Map() });
}

test('packaging, patches in their order, and where watch says that the archive is', async () => {
  const dsc = await quilt({
    watch: 'version=4\nhttps://example.org/hello-(.+)\\.tar\\.gz\n',
    'patches/series': '# those of Debian\nz-first.patch\nsub/second.patch -p1\n',
    'patches/z-first.patch': 'first',
    'patches/sub/second.patch': 'second',
  });
  const made = await importDsc(dsc, into);
  expect(made).toMatchObject({ artifact: 'hello', version: '2.10', release: '3', local: [], directory: into('hello') });
  expect(await read(into('hello'))).toMatchObject({
    release: '3',
    sources: [{ id: 'hello', version: '2.10', urlTemplate: 'https://example.org/hello-{{ version }}.tar.gz' }],
    warnings: [],
  });
  expect((await readdir(into('hello/deb'))).toSorted()).toEqual(['control', 'rules', 'watch']);
  const patches = into('hello/patches/generic');
  expect((await readdir(patches)).toSorted()).toEqual(['1-z-first.patch', '2-sub-second.patch']);
  expect(await readFile(join(patches, '2-sub-second.patch'), 'utf8')).toBe('second');
});

test('components; what nobody knows the URL of is to be brought along', async () => {
  const dsc = await quilt({}, { 'hello_2.10.orig-data.tar.gz': { 'data/a': 'b' } });
  const { local } = await importDsc(dsc, into);
  expect(local).toEqual([
    { id: 'hello', file: join(work, 'hello_2.10.orig.tar.gz') },
    { id: 'data', file: join(work, 'hello_2.10.orig-data.tar.gz') },
  ]);
  expect((await read(into('hello'))).sources.map(({ id, version }) => [id, version])).toEqual([
    ['hello', '2.10'],
    ['data', '2.10'],
  ]);
});

test.each([
  ['native', () => sourcePackage('2.10', { 'hello_2.10.tar.gz': debian({}) }), 'a native package'],
  ['of an epoch', () => sourcePackage('1:2.10-3', { 'hello_2.10.orig.tar.gz': upstream }), 'has an epoch'],
  [
    'of format 1.0',
    () => sourcePackage('2.10-3', { 'hello_2.10.orig.tar.gz': upstream, 'hello_2.10-3.diff.gz': {} }),
    'its format is not 3.0 (quilt)',
  ],
  ['with templates', () => quilt({ 'control.j2': '{{ x }}' }), 'would be taken for a template'],
  ['with escapes', () => quilt({ '../../escaped': 'x' }), 'has the unsafe name'],
])('one %s is refused, and nothing is made', async (_, make, why) => {
  await expect(importDsc(await make(), into)).rejects.toThrow(why);
  expect(existsSync(join(work, 'made'))).toBe(false);
});

test('a file with other bytes, and a place that is taken, are refused', async () => {
  const dsc = await quilt({});
  await expect(importDsc(dsc, () => work)).rejects.toThrow('exists already');
  await writeFile(join(work, 'hello_2.10.orig.tar.gz'), 'other');
  await expect(importDsc(dsc, into)).rejects.toThrow('bytes');
});
