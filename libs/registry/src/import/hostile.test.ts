import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeDeb } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openReaders } from '../reading/readers.ts';
import { testRepository } from '../test-registry.ts';
import { directoryFiles } from './directory.ts';
import { openImports, sum } from './test-origin.ts';

let imports: Awaited<ReturnType<typeof openImports>>;
let number = 0;
let name: string;
beforeAll(async () => {
  imports = await openImports(makeDeb);
});
afterAll(async () => {
  expect(imports.farm.registry.list(testRepository)).toEqual([]);
  await imports.close();
});
beforeEach(() => {
  number += 1;
  name = `bad${number}`;
});

const rejected = (message: string) =>
  expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(message) });
const one = () => [{ name, version: '1' }];
const pool = (directory: string) => join(directory, `pool/${name}_1_amd64.deb`);

test('a package that is not the listed one is refused, with both digests', async () => {
  const directory = await imports.suite(name, one());
  await truncate(pool(directory), 100);
  await expect(imports.import(directory)).rejects.toEqual(rejected('is not the file that is listed: expected'));
  await appendFile(pool(directory), 'x'.repeat(10_000));
  await expect(imports.import(directory)).rejects.toEqual(rejected('more than the'));
  await rm(pool(directory));
  await expect(imports.import(directory)).rejects.toEqual(rejected('is listed, and is not in'));
});

test('a list that is not the signed one is refused', async () => {
  const directory = await imports.suite(name, one());
  await writeFile(join(directory, 'dists/bookworm/main/binary-amd64/Packages.gz'), gzipSync('Package: x\n'));
  await expect(imports.import(directory)).rejects.toEqual(rejected('Packages.gz'));
});

test('a signature must be there and good', async () => {
  const directory = await imports.suite(name, one());
  const verifier = {
    cleartext: () => Promise.reject(new Error('not good')),
    detached: () => Promise.reject(new Error('not good')),
  };
  await expect(imports.import(directory, { verifier })).rejects.toEqual(rejected('has no dists/bookworm/Release.gpg'));
  await writeFile(join(directory, 'dists/bookworm/Release.gpg'), 'x');
  await expect(imports.import(directory, { verifier })).rejects.toEqual(rejected('not good'));
  await writeFile(join(directory, 'dists/bookworm/InRelease'), 'x');
  await expect(imports.import(directory, { verifier })).rejects.toEqual(rejected('InRelease is not signed by the key'));
});

test.each(['../secret.deb', '/etc/passwd', 'pool/../../x.deb', 'pool/a\\b.deb', '.'])(
  'no list leads to %s',
  async (path) => {
    const stanza = (text: string) => text.replace(/^Filename: .*$/m, `Filename: ${path}`);
    const directory = await imports.suite(name, [{ ...one()[0], name, version: '1', stanza }]);
    await expect(imports.import(directory)).rejects.toEqual(rejected('names a file outside of its repository'));
  },
);

test('no link leads out of the directories that may be imported', async () => {
  const directory = await imports.suite(name, one());
  const outside = await imports.put(`${name}-outside/x.deb`, 'secret');
  await rm(pool(directory));
  await symlink(outside, pool(directory));
  await expect(imports.import(directory)).rejects.toEqual(rejected('leads out of the directories'));
  await rm(pool(directory));
  execFileSync('mkfifo', [pool(directory)]);
  await expect(imports.import(directory)).rejects.toEqual(rejected('leads out of the directories'));

  const link = join(imports.dir, `${name}-link`);
  await symlink(directory, link);
  const roots = [join(imports.dir, `${name}-roots`)];
  await mkdir(roots[0] as string);
  for (const location of [link, directory, join(roots[0] as string, '..', name), '/']) {
    await expect(directoryFiles(location, roots)).rejects.toEqual(rejected('is no directory that may be imported'));
  }
  await expect(directoryFiles(directory, [])).rejects.toMatchObject({ hint: expect.stringContaining('imports.roots') });
  // what lies below another root may be linked to, as aptly does
  await expect(directoryFiles(link, [directory])).resolves.toMatchObject({ location: link });
});

test('a list that lies about its package is found out', async () => {
  const stanza = (text: string) => text.replace('Version: 1\n', 'Version: 1:1\n');
  const directory = await imports.suite(name, [{ name, version: '1', stanza }]);
  await expect(imports.import(directory)).rejects.toEqual(rejected(`is listed as binary ${name} 1:1 amd64, but is`));
});

test.each([
  ['a bomb', () => 'x'.repeat(64 << 20), 'what it says of one package is too long'],
  ['no list', () => 'just words\n', 'expected "Name: value"'],
  ['no digest', (text: string) => text.replace(/^SHA256.*\n/m, ''), 'it tells no SHA256 of'],
  ['a size that is none', (text: string) => text.replace(/^Size: .*$/m, 'Size: -1'), 'no size or sha256'],
])('%s is refused', async (_, packages, message) => {
  await expect(imports.import(await imports.suite(name, one(), { packages }))).rejects.toEqual(rejected(message));
});

test('a place where there is no repository, or not that part of it', async () => {
  await imports.put(`${name}/readme`, 'nothing here');
  await expect(imports.import(join(imports.dir, name))).rejects.toEqual(rejected('it has no dists/bookworm/InRelease'));
  const directory = await imports.suite(`${name}-b`, one());
  await expect(imports.import(directory, { suite: 'sid' })).rejects.toEqual(rejected('it has no dists/sid/InRelease'));
  const refused = imports.import(directory, { component: 'contrib' });
  await expect(refused).rejects.toMatchObject({
    message: expect.stringContaining('no lists of the component contrib'),
    hint: 'it has main: see --component',
  });
});

const PACKAGE =
  '<package type="rpm"><name>a&amp;b</name><arch>x86_64</arch><version epoch="0" ver="1" rel="2"/>' +
  `<checksum type="sha256" pkgid="YES">${sum('x')}</checksum><size package="1"/>` +
  '<location href="a.rpm"/><format><rpm:sourcerpm>src-1-2.src.rpm</rpm:sourcerpm></format></package>';

test.each([
  ['', (text: string) => text],
  ['a document type', (text: string) => text.replace('<arch>', '<!DOCTYPE x [<!ENTITY a "b">]><arch>')],
  ['another place', (text: string) => text.replace('<location ', '<location xml:base="http://elsewhere/" ')],
  ['a weak checksum', (text: string) => text.replace('"sha256"', '"sha"')],
])('a primary list: %s', async (what, change) => {
  const path = await imports.put(name, gzipSync(`<metadata packages="1">\n${change(PACKAGE)}\n</metadata>`));
  const readers = openReaders();
  try {
    await using session = readers.session();
    const read = session.readList('rpm-list', { path, name: 'primary.xml.gz' });
    if (what !== '') await expect(read).rejects.toEqual(rejected('is no list that packages can be imported by'));
    else {
      const source = { name: 'src', version: '1-2' };
      const listed = { kind: 'binary', name: 'a&b', version: '1-2', architecture: 'x86_64', source };
      expect(await read).toEqual([{ ...listed, files: [{ path: 'a.rpm', size: 1, sha256: sum('x') }] }]);
    }
  } finally {
    await readers.close();
  }
});
