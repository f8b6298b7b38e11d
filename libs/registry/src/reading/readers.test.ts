import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltFile, makeAr, makeSource, putFiles } from '@fatbuildr/testing/deb';
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

test('a reading process can open nothing but our code', async () => {
  const secret = join(dir, 'passphrase');
  await writeFile(secret, 'secret');
  const attempt = `require('fs').readFileSync(${JSON.stringify(secret)})`;
  expect(() => execFileSync(process.execPath, [...restrictions(), '-e', attempt], { stdio: 'pipe' })).toThrow(
    'ERR_ACCESS_DENIED',
  );
});
