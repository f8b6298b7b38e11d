import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAr, makeDeb, makeSource, putFiles } from '@fatbuildr/testing/deb';
import { afterAll, describe, expect, test } from 'vitest';
import { restrictions } from '../shared/read-in-child.ts';
import { ingestAptPackages } from './ingest.ts';
import { readPackageInChild } from './read/child.ts';

const dir = mkdtempSync(join(tmpdir(), 'fatbuildr-ingest-'));
afterAll(() => rmSync(dir, { recursive: true }));

const [deb] = await putFiles(dir, [await makeDeb({ name: 'hello', version: '1:2-1', control: 'Depends: libc6\n' })]);
const [dsc, tarball] = await putFiles(dir, await makeSource({ name: 'hello', version: '1' }));
if (!deb || !dsc || !tarball) throw new Error('no files');

const rejected = (reason: string) =>
  expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(reason) });

test('what a build left becomes packages, rendered', async () => {
  const changes = { ...deb, name: 'hello_1_amd64.changes' };
  const packages = await ingestAptPackages([deb, dsc, tarball, changes], readPackageInChild);
  expect(packages.map(({ kind, name, version }) => `${kind} ${name} ${version}`)).toEqual([
    'source hello 1',
    'binary hello 1:2-1',
  ]);
  const [source, binary] = packages;
  expect(binary).toMatchObject({
    digest: deb.sha256,
    section: 'misc',
    summary: 'example package',
    relations: { Depends: 'libc6' },
    files: [{ path: `pool/h/hello/${deb.sha256.slice(0, 32)}/hello_2-1_amd64.deb`, from: deb.path }],
  });
  expect(binary?.stanza).toMatch(
    /^Package: hello\n[^]*\nSHA256: [0-9a-f]{64}\nDescription: example package\n made by a test\n$/,
  );
  expect(source?.files.map(({ from }) => from)).toEqual([dsc.path, tarball.path]);
});

describe('refused is', () => {
  test('a package under another name than its own', async () => {
    await expect(ingestAptPackages([{ ...deb, name: 'evil_1_amd64.deb' }], readPackageInChild)).rejects.toThrow(
      rejected('evil_1_amd64.deb holds the package that is called hello_2-1_amd64.deb'),
    );
  });

  test('a file that is no package', async () => {
    const [broken] = await putFiles(dir, [{ name: 'a_1_all.deb', content: makeAr([]) }]);
    if (!broken) throw new Error('no file');
    await expect(ingestAptPackages([broken], readPackageInChild)).rejects.toThrow(rejected('debian-binary'));
  });

  test('a source package with a file missing or changed, and a file of nothing', async () => {
    await expect(ingestAptPackages([dsc], readPackageInChild)).rejects.toThrow(rejected('did not come with it'));
    await expect(ingestAptPackages([dsc, { ...tarball, sha256: 'f'.repeat(64) }], readPackageInChild)).rejects.toThrow(
      rejected('is not the file that hello_1.dsc names'),
    );
    await expect(ingestAptPackages([tarball], readPackageInChild)).rejects.toThrow(rejected('neither a package'));
  });

  test('a blob that is not what its digest says', async () => {
    await expect(ingestAptPackages([{ ...deb, sha256: 'f'.repeat(64) }], readPackageInChild)).rejects.toMatchObject({
      outcome: 'publish-failure',
    });
  });

  test('whatever a reader that was taken over makes up', async () => {
    const honest = await readPackageInChild(deb);
    for (const [name, value] of [
      ['Package', '../../etc'],
      ['Version', '../1'],
      ['Architecture', 'a/b'],
      ['Evil\nX', '1'],
    ] as const) {
      const lie = { ...honest, fields: [...honest.fields.filter((field) => field.name !== name), { name, value }] };
      await expect(ingestAptPackages([deb], async () => lie)).rejects.toThrow(
        /is not valid|expected "Name: value"|a field breaks its stanza|holds the package/,
      );
    }
  });
});

describe('readPackageInChild', () => {
  test('gives up on a reader that takes too long', async () => {
    await expect(readPackageInChild(deb, { timeoutMs: 1 })).rejects.toThrow(rejected('took longer than'));
  });

  test('leaves the child nothing to open but our code', async () => {
    const secret = join(dir, 'passphrase');
    await writeFile(secret, 'secret');
    const attempt = `require('fs').readFileSync(${JSON.stringify(secret)})`;
    expect(() => execFileSync(process.execPath, [...restrictions(), '-e', attempt], { stdio: 'pipe' })).toThrow(
      'ERR_ACCESS_DENIED',
    );
  });
});
