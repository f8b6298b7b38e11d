import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltFile, makeAr, makeSource, makeTar, putFiles } from '@fatbuildr/testing/deb';
import { syntheticPackages } from '@fatbuildr/testing/synthetic';
import { writeDebs } from '@fatbuildr/testing/synthetic-deb';
import { writeRpms } from '@fatbuildr/testing/synthetic-rpm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restrictions } from './child.ts';
import { openReaders, type Readers } from './readers.ts';

let dir: string;
let readers: Readers;
let debs: BuiltFile[];
let rpms: BuiltFile[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-readers-'));
  readers = openReaders();
  debs = await writeDebs(dir, syntheticPackages(30));
  rpms = await writeRpms(dir, syntheticPackages(5));
});
afterAll(async () => {
  await readers.close();
  await rm(dir, { recursive: true, force: true });
});

const rejected = (reason: string) =>
  expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(reason) });

const put = async (name: string, content: Uint8Array) => (await putFiles(dir, [{ name, content }]))[0] as BuiltFile;

test('reads packages of all kinds, many at once', async () => {
  await using session = readers.session();
  const [dsc] = await putFiles(dir, await makeSource({ name: 'hello', version: '1' }));
  const read = await Promise.all([
    ...debs.map((file) => session.readPackage(file)),
    session.readPackage(dsc as BuiltFile),
    ...rpms.map((file) => session.readRpm(file)),
  ]);
  const names = read.map((each) =>
    'name' in each ? each.name : each.fields.find(({ name }) => name === 'Package' || name === 'Source')?.value,
  );
  const made = [...syntheticPackages(30)].map(({ name }) => name);
  expect(names).toEqual([...made, 'hello', ...[...syntheticPackages(5)].map(({ name }) => name)]);
});

test('refuses what is no package, and goes on', async () => {
  await using session = readers.session();
  const broken = await put('a_1_all.deb', makeAr([]));
  await expect(session.readPackage(broken)).rejects.toThrow(rejected('a_1_all.deb cannot be published'));
  await expect(session.readRpm({ ...broken, name: 'a.rpm' })).rejects.toThrow(rejected('not an RPM package'));
  await expect(session.readPackage(debs[0] as BuiltFile)).resolves.toMatchObject({ kind: 'deb' });
});

test('gives up on what takes too long, each time', async () => {
  const impatient = openReaders({ timeoutMs: 1 });
  try {
    await using session = impatient.session();
    for (const file of debs.slice(0, 2)) {
      await expect(session.readPackage(file)).rejects.toThrow(rejected('took longer than 0.001 s'));
    }
  } finally {
    await impatient.close();
  }
});

test('a reading process can open nothing but our code, and starts no program unless it is another user', async () => {
  const secret = join(dir, 'passphrase');
  await writeFile(secret, 'secret');
  const run = (isOther: boolean, attempt: string) =>
    execFileSync(process.execPath, [...restrictions(isOther), '-e', attempt], { stdio: 'pipe' }).toString();
  const open = `require('fs').readFileSync(${JSON.stringify(secret)})`;
  for (const isOther of [true, false]) expect(() => run(isOther, open)).toThrow('ERR_ACCESS_DENIED');
  const start = `console.log(String(require('child_process').execFileSync('echo', ['started'])))`;
  expect(() => run(false, start)).toThrow('ERR_ACCESS_DENIED');
  expect(run(true, start)).toContain('started');
});

/** A package of more bytes than are unpacked at once. */
async function packed(suffix: string, program: string, ...args: string[]): Promise<BuiltFile> {
  const files = await makeTar({ './usr/bin/a': randomBytes(1 << 20).toString('base64') });
  const data = execFileSync(program, ['-c', ...args], { input: files, maxBuffer: 1 << 24 });
  return put(
    'a1_1_all.deb',
    makeAr([
      { name: 'debian-binary', content: Buffer.from('2.0\n') },
      { name: 'control.tar', content: await makeTar({ './control': 'Package: a1\nVersion: 1\nArchitecture: all\n' }) },
      { name: `data.tar.${suffix}`, content: data },
    ]),
  );
}

test('as the same user it unpacks all that dpkg knows by itself, and says what is damaged', async () => {
  await using session = readers.session();
  const large = await packed('xz', 'xz', '-0');
  await expect(session.readPackage(large)).resolves.toMatchObject({ contents: ['usr/bin/a'] });
  await writeFile(large.path, (await readFile(large.path)).fill(0, 1 << 18, 1 << 19));
  await expect(session.readPackage(large)).rejects.toThrow(rejected('cannot be decompressed'));
  for (const old of [await packed('bz2', 'bzip2', '-1'), await packed('lzma', 'xz', '--format=lzma')]) {
    await expect(session.readPackage(old)).resolves.toMatchObject({ contents: ['usr/bin/a'] });
  }
});

const NOBODY = 65_534;

test.runIf(process.getuid?.() === 0)('as another user it has a program for what is large in xz', async ({ skip }) => {
  const others = openReaders({ uid: NOBODY, gid: NOBODY });
  try {
    await using session = others.session();
    const isReader = await session.readPackage(debs[0] as BuiltFile).then(
      () => true,
      () => false,
    );
    if (!isReader) skip('nobody may not execute this Node');
    const large = await packed('xz', 'xz', '-0');
    await expect(session.readPackage(large)).resolves.toMatchObject({ contents: ['usr/bin/a'] });
  } finally {
    await others.close();
  }
});
