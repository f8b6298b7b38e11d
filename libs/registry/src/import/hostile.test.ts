import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeDeb } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

const RELEASE_LINE = /^ [0-9a-f]{64} \d+ (main\S+)$/m;

test.each([
  [
    'names that are for terminals',
    { packages: (text: string) => text.replace('Version: 1', 'Version: 1\u001b[2J') },
    'no name',
  ],
  [
    'a list that is named twice',
    { release: (text: string) => `${text} ${'0'.repeat(64)} 5 ${RELEASE_LINE.exec(text)?.[1]}\n` },
    'main/binary-amd64/Packages.gz" twice',
  ],
  [
    'a list that is too large',
    { release: (text: string) => text.replace(/ \d+ main/, ' 999999999 main') },
    '999999999 bytes',
  ],
  ['a date that is none', { release: (text: string) => `Valid-Until: soon\n${text}` }, 'its Valid-Until is no date'],
  ['more than one Release', { release: (text: string) => `${text}\n${text}` }, 'more than one'],
  ['stanzas that are cut off', { packages: (text: string) => text.slice(0, -40) }, 'no size or sha256'],
  ['one field twice', { packages: (text: string) => `Package: other\n${text}` }, 'occurs twice'],
])('%s: refused', async (_, change, message) => {
  await expect(imports.import(await imports.suite(name, one(), change))).rejects.toEqual(rejected(message));
});

test('a Release whose time is over, or is yet to come, is believed where that is wanted', async () => {
  const verifier = { cleartext: async (text: string) => text, detached: async () => {} };
  const clock = () => Date.UTC(2026, 5, 1);
  const asked = { verifier, clock, dryRun: true };
  for (const [field, words] of [
    ['Valid-Until: Sun, 31 May 2026 12:00:00 UTC', 'Release was valid until 2026-05-31 12:00 UTC'],
    ['Date: Tue, 02 Jun 2026 12:00:00 UTC', 'Release is of 2026-06-02 12:00 UTC, which is yet to come'],
  ] as const) {
    const directory = await imports.suite(`${name}-${words.length}`, one(), { release: (text) => `${field}\n${text}` });
    await writeFile(join(directory, 'dists/bookworm/Release.gpg'), 'x');
    await expect(imports.import(directory, asked)).rejects.toMatchObject({
      message: expect.stringContaining(words),
      hint: expect.stringContaining('--expired'),
    });
    const { log } = await imports.import(directory, { ...asked, expired: true });
    expect(log).toContain(`warning: dists/bookworm/${words}`);
    expect((await imports.import(directory, { clock, dryRun: true })).log).toContain('warning: ');
  }
});

test('an InRelease is read without its signature where nobody asks for one', async () => {
  const directory = await imports.suite(name, one());
  const release = join(directory, 'dists/bookworm/Release');
  const text = await readFile(release, 'utf8');
  await rm(release);
  const armour = (before: string) =>
    `${before}-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n`;
  await writeFile(join(directory, 'dists/bookworm/InRelease'), armour('Suite: other\n\n'));
  await expect(imports.import(directory, { dryRun: true })).rejects.toEqual(rejected('is no list'));
  await writeFile(join(directory, 'dists/bookworm/InRelease'), armour(''));
  expect((await imports.import(directory, { dryRun: true })).added).toHaveLength(1);
});

test('another suite than was asked for is told', async () => {
  const directory = await imports.suite(name, one(), { release: (text) => text.replace('bookworm', 'bullseye') });
  const { log } = await imports.import(directory, { dryRun: true });
  expect(log).toContain('warning: dists/bookworm/Release is that of bullseye, and was asked for as bookworm');
});

describe('a list under its digest', () => {
  const release = (text: string) => `Acquire-By-Hash: yes\n${text}`;
  const places = async () => {
    const directory = await imports.suite(name, one(), { release });
    const plain = join(directory, 'dists/bookworm/main/binary-amd64/Packages.gz');
    const list = await readFile(plain);
    return { directory, plain, list, hashed: `${name}/dists/bookworm/main/binary-amd64/by-hash/SHA256/${sum(list)}` };
  };

  test('is enough, and the plain one is, when that is damaged', async () => {
    const { directory, plain, list, hashed } = await places();
    await imports.put(hashed, list);
    await writeFile(plain, 'another list by now');
    expect((await imports.import(directory, { dryRun: true })).added).toHaveLength(1);
    await rm(plain);
    expect((await imports.import(directory, { dryRun: true })).added).toHaveLength(1);
    await imports.put(hashed, 'damaged');
    await writeFile(plain, list);
    expect((await imports.import(directory, { dryRun: true })).added).toHaveLength(1);
  });
});

test('a repository that is changed while it is read is read once more, and no oftener', async () => {
  const directory = await imports.suite(name, one());
  const files = await directoryFiles(directory, [directory]);
  let releases = 0;
  const moving = (times: number): typeof files => ({
    ...files,
    async copy(path, to, most) {
      if (path.endsWith('/Release')) releases += 1;
      const found = await files.copy(path, to, most);
      return found && path.endsWith('Packages.gz') && releases <= times ? { ...found, sha256: sum('other') } : found;
    },
  });
  const { added, log } = await imports.import(moving(1), { dryRun: true });
  expect(added).toHaveLength(1);
  expect(log).toContain('is not the file that is listed');
  expect(log).toContain('reading it once more');
  releases = 0;
  await expect(imports.import(moving(9), { dryRun: true })).rejects.toEqual(rejected('is not the file that is listed'));
  expect(releases).toBe(2);
});

test('a flat repository whose paths begin in it', async () => {
  const suite = await imports.suite(name, [
    { name, version: '1', stanza: (text) => text.replace('Filename: ', 'Filename: ./') },
  ]);
  const list = await readFile(join(suite, 'dists/bookworm/main/binary-amd64/Packages.gz'));
  await rm(join(suite, 'dists'), { recursive: true });
  await imports.put(`${name}/Packages.gz`, list);
  await imports.put(`${name}/Release`, `SHA256:\n ${sum(list)} ${list.length} ./Packages.gz\n`);
  expect((await imports.import(suite, { dryRun: true })).added).toHaveLength(1);
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
