import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAr, makeDeb, makeSource, putFiles } from '@fatbuildr/testing/deb';
import { afterAll, describe, expect, test } from 'vitest';
import { openReaders } from '../reading/readers.ts';
import { ingestAptPackages } from './ingest.ts';

const dir = mkdtempSync(join(tmpdir(), 'fatbuildr-ingest-'));
const readers = openReaders();
const { readPackage, ...session } = readers.session();
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await readers.close();
  rmSync(dir, { recursive: true });
});

const [deb] = await putFiles(dir, [await makeDeb({ name: 'hello', version: '1:2-1', control: 'Depends: libc6\n' })]);
const [dsc, tarball] = await putFiles(dir, await makeSource({ name: 'hello', version: '1' }));
if (!deb || !dsc || !tarball) throw new Error('no files');

const rejected = (reason: string) =>
  expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(reason) });

test('what a build left becomes packages, rendered', async () => {
  const changes = { ...deb, name: 'hello_1_amd64.changes' };
  const packages = await ingestAptPackages([deb, dsc, tarball, changes], readPackage);
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
  expect(binary?.parts['stanza']).toMatch(
    /^Package: hello\n[^]*\nSHA256: [0-9a-f]{64}\nDescription: example package\n made by a test\n\n$/,
  );
  expect(source?.files.map(({ from }) => from)).toEqual([dsc.path, tarball.path]);
});

describe('refused is', () => {
  test('a package under another name than its own', async () => {
    await expect(ingestAptPackages([{ ...deb, name: 'evil_1_amd64.deb' }], readPackage)).rejects.toThrow(
      rejected('evil_1_amd64.deb holds the package that is called hello_2-1_amd64.deb'),
    );
  });

  test('a file that is no package', async () => {
    const [broken] = await putFiles(dir, [{ name: 'a_1_all.deb', content: makeAr([]) }]);
    if (!broken) throw new Error('no file');
    await expect(ingestAptPackages([broken], readPackage)).rejects.toThrow(rejected('debian-binary'));
  });

  test('a source package with a file missing or changed, and a file of nothing', async () => {
    await expect(ingestAptPackages([dsc], readPackage)).rejects.toThrow(rejected('did not come with it'));
    await expect(ingestAptPackages([dsc, { ...tarball, sha256: 'f'.repeat(64) }], readPackage)).rejects.toThrow(
      rejected('is not the file that hello_1.dsc names'),
    );
    await expect(ingestAptPackages([tarball], readPackage)).rejects.toThrow(rejected('neither a package'));
  });

  test('a blob that is not what its digest says', async () => {
    await expect(ingestAptPackages([{ ...deb, sha256: 'f'.repeat(64) }], readPackage)).rejects.toMatchObject({
      outcome: 'publish-failure',
    });
  });

  test.each(['hello (not a version)', 'hello (x1)', 'hello (1_2)'])('a package with the source %s', async (source) => {
    const [file] = await putFiles(dir, [
      await makeDeb({ name: 'hello', version: '3', control: `Source: ${source}\n` }),
    ]);
    await expect(ingestAptPackages(file ? [file] : [], readPackage)).rejects.toThrow(rejected('a Source field'));
  });

  test('whatever a reader that was taken over makes up', async () => {
    const honest = await readPackage(deb);
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
