import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeAr, makeDeb, makeSource, makeTar } from '@fatbuildr/testing/deb';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { bytesOf } from '../../reading/bytes.ts';
import { UnreadablePackage } from './ar.ts';
import type { DebFile } from './deb.ts';
import { type PackageFile, readPackage } from './read-package.ts';

const dir = mkdtempSync(join(tmpdir(), 'fatbuildr-read-'));
afterAll(() => rmSync(dir, { recursive: true }));

let counter = 0;
async function read(content: Uint8Array, name = 'a.deb'): Promise<PackageFile> {
  counter += 1;
  const path = join(dir, `${counter}`);
  await writeFile(path, content);
  return readPath(path, name);
}

async function readPath(path: string, name: string): Promise<PackageFile> {
  await using file = await open(path, 'r');
  return await readPackage(bytesOf(file.fd, (await file.stat()).size), name);
}

const hello = await makeDeb({
  name: 'hello',
  version: '1:2.10-1',
  files: {
    './usr/': '',
    './usr/bin/hello': 'x',
    './usr/share/doc/a name with spaces': 'y',
    [`./${'d/'.repeat(60)}f`]: 'z',
  },
});
const debianBinary = { name: 'debian-binary', content: Buffer.from('2.0\n') };
const control = await makeTar({ './control': 'Package: a1\nVersion: 1\nArchitecture: all\n' });
const data = await makeTar({ './usr/bin/a': 'content of a' });

describe('a .deb', () => {
  test('yields its control fields in their order and its files', async () => {
    const deb = (await read(hello.content)) as DebFile;
    expect(deb.kind).toBe('deb');
    expect(deb.fields.slice(0, 3)).toEqual([
      { name: 'Package', value: 'hello' },
      { name: 'Version', value: '1:2.10-1' },
      { name: 'Architecture', value: 'amd64' },
    ]);
    expect(deb.fields.at(-1)).toEqual({ name: 'Description', value: 'example package\nmade by a test' });
    expect(deb.contents).toEqual([`${'d/'.repeat(60)}f`, 'usr/bin/hello', 'usr/share/doc/a name with spaces']);
  });

  const compressions: [string, (plain: Buffer) => Buffer][] = [
    ['', (plain) => plain],
    ['.gz', (plain) => gzipSync(plain)],
    ['.zst', (plain) => zstdCompressSync(plain)],
    [
      '.zst',
      (plain) => Buffer.concat([plain.subarray(0, 300), plain.subarray(300)].map((part) => zstdCompressSync(part))),
    ],
    ['.xz', (plain) => execFileSync('xz', ['-c'], { input: plain })],
    ['.lzma', (plain) => execFileSync('xz', ['-c', '--format=lzma'], { input: plain })],
    ['.bz2', (plain) => execFileSync('bzip2', ['-c'], { input: plain })],
  ];
  test.each(compressions)(
    'is read when compressed as "%s", and refused when that is damaged',
    async (suffix, compress) => {
      const make = (content: Buffer) =>
        makeAr([
          debianBinary,
          { name: `control.tar${suffix}`, content: compress(control) },
          { name: `data.tar${suffix}`, content },
        ]);
      expect(await read(make(compress(data)))).toMatchObject({ contents: ['usr/bin/a'] });
      const half = compress(data).subarray(0, compress(data).length / 2);
      await expect(read(make(suffix === '' ? data.subarray(0, 520) : half))).rejects.toThrow(UnreadablePackage);
      await expect(read(make(Buffer.from('nonsense that is nothing at all')))).rejects.toThrow(UnreadablePackage);
    },
  );

  test.each(['gzip', 'xz', 'zstd', 'none'])('made by dpkg-deb with %s is read', async (compression) => {
    const root = join(dir, `tree-${compression}`);
    await mkdir(join(root, 'DEBIAN'), { recursive: true });
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await writeFile(join(root, 'usr/bin/tool'), '#!/bin/sh\n');
    await writeFile(
      join(root, 'DEBIAN/control'),
      'Package: tool\nVersion: 1\nArchitecture: all\nMaintainer: Zoë <z@example.org>\nDescription: t\n',
    );
    const path = join(dir, `${compression}.deb`);
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', `-Z${compression}`, root, path], { stdio: 'ignore' });
    const deb = (await readPath(path, 'tool_1_all.deb')) as DebFile;
    expect(deb.contents).toEqual(['usr/bin/tool']);
    expect(deb.fields).toContainEqual({ name: 'Maintainer', value: 'Zoë <z@example.org>' });
  });

  test('in ISO-8859-1 is understood', async () => {
    const text = Buffer.from('Package: a1\nVersion: 1\nArchitecture: all\nMaintainer: Zo\xeb\n', 'latin1');
    const content = makeAr([
      debianBinary,
      { name: 'control.tar', content: await makeTar({ control: text }) },
      { name: 'data.tar', content: data },
    ]);
    expect(await read(content)).toMatchObject({
      fields: expect.arrayContaining([{ name: 'Maintainer', value: 'Zoë' }]),
    });
  });

  test('names files in UTF-8 or ISO-8859-1', async () => {
    const tree = join(dir, 'names');
    await mkdir(tree);
    for (const name of ['zo\u00eb', 'x'.repeat(180)]) await writeFile(join(tree, name), '');
    await writeFile(Buffer.from(`${tree}/z\xfcrich`, 'latin1'), '');
    const tar = execFileSync('tar', ['--format=gnu', '-C', tree, '-cf', '-', '.']);
    const content = makeAr([
      debianBinary,
      { name: 'control.tar', content: control },
      { name: 'data.tar', content: tar },
    ]);
    expect(await read(content)).toMatchObject({ contents: ['x'.repeat(180), 'zo\u00eb', 'zürich'] });
  });

  const withFiles = async (files: Record<string, string>) =>
    makeAr([
      debianBinary,
      { name: 'control.tar', content: control },
      { name: 'data.tar', content: await makeTar(files) },
    ]);

  const withControl = async (text: string) =>
    makeAr([
      debianBinary,
      { name: 'control.tar', content: await makeTar({ './control': text }) },
      { name: 'data.tar', content: data },
    ]);
  test('with more names of files than anybody has is refused', { timeout: 30_000 }, async () => {
    const entry = (await makeTar({ [`${'d/'.repeat(75)}${'f'.repeat(99)}`]: '' })).subarray(0, 512);
    const content = makeAr([
      debianBinary,
      { name: 'control.tar', content: control },
      { name: 'data.tar.zst', content: zstdCompressSync(Buffer.alloc(150_000 * 512, entry)) },
    ]);
    await expect(read(content)).rejects.toThrow('data.tar has names of files of more than 33554432 characters');
  });

  test.each([
    ['no ar archive', () => Buffer.from('hello'), 'not an ar archive'],
    ['no members', () => Buffer.from('!<arch>\n'), 'debian-binary'],
    ['a member cut off', () => hello.content.subarray(0, hello.content.length - 10), 'cut off'],
    ['garbage between members', () => Buffer.concat([hello.content, Buffer.from('garbage')]), 'no ar member header'],
    ['no control', async () => makeAr([debianBinary, { name: 'control.tar', content: data }]), 'no control file'],
    [
      'an unknown compression',
      () => makeAr([debianBinary, { name: 'control.tar.br', content: data }]),
      'control.tar.br',
    ],
    [
      'a later format',
      () => makeAr([{ name: 'debian-binary', content: Buffer.from('3.0\n') }]),
      'unknown package format',
    ],
    ['no data', async () => makeAr([debianBinary, { name: 'control.tar', content: control }]), 'data.tar'],
    ['extended headers, which dpkg refuses', () => withFiles({ './zo\u00eb': '' }), 'dpkg does not unpack'],
    ['a line break in a path', () => withFiles({ './a\nb': '' }), 'dpkg does not unpack'],
    ['no version', () => withControl('Package: a1\nArchitecture: all\n'), 'no Version field'],
    ['a bad name', () => withControl('Package: ../x\nVersion: 1\nArchitecture: all\n'), 'Package: "../x"'],
    ['a bad version', () => withControl('Package: a1\nVersion: x y\nArchitecture: all\n'), 'Version'],
    ['two paragraphs', () => withControl('Package: a1\n\nPackage: b1\n'), '2 paragraphs'],
    ['a field twice', () => withControl('Package: a1\nPackage: b1\n'), 'line 2'],
    ['control characters', () => withControl('Package: a1\nVersion: 1\x1b[2J\n'), 'control characters'],
  ])('with %s is refused', async (_, make, reason) => {
    await expect(Promise.resolve(make()).then(read)).rejects.toThrow(
      expect.objectContaining({ name: 'UnreadablePackage', message: expect.stringContaining(reason) }),
    );
  });

  test('that was mutated anywhere is read or refused, nothing else', async () => {
    const mutation = fc.record({
      at: fc.nat(hello.content.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      cut: fc.option(fc.nat(hello.content.length), { freq: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ at, bytes, cut }) => {
        const mutated = Buffer.from(hello.content);
        mutated.set(bytes.subarray(0, mutated.length - at), at);
        const outcome = await read(mutated.subarray(0, cut ?? mutated.length)).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UnreadablePackage);
        else expect(outcome).toHaveProperty('fields');
      }),
      { numRuns: 150 },
    );
  });
});

describe('a .dsc', () => {
  test('yields its fields and the files that it names', async () => {
    const [dsc, tarball] = await makeSource({ name: 'hello', version: '2.10-1' });
    const source = await read(dsc?.content as Buffer, 'hello_2.10-1.dsc');
    expect(source).toMatchObject({ kind: 'dsc', files: [{ name: tarball?.name, size: tarball?.content.length }] });
  });

  const text = async () => String((await makeSource({ name: 'hello', version: '1' }))[0]?.content);
  test.each([
    [
      'a file outside of its directory',
      (dsc: string) => dsc.replaceAll('hello_1.tar.gz', '../hello.tar.gz'),
      'Checksums-Sha256',
    ],
    ['no sha256', (dsc: string) => dsc.replace('Checksums-Sha256', 'X-Sums'), 'Checksums-Sha256'],
    ['sizes that disagree', (dsc: string) => dsc.replace(/(Files:\n \S+ )/, '$11'), 'disagree'],
    ['another file in Files', (dsc: string) => `${dsc} ${'0'.repeat(32)} 1 other\n`, 'other files'],
    ['no name', (dsc: string) => dsc.replace(/^Source:.*\n/m, ''), 'no Source field'],
  ])('with %s is refused', async (_, change, reason) => {
    await expect(read(Buffer.from(change(await text())), 'hello_1.dsc')).rejects.toThrow(reason);
  });

  test('and other control files of any text are read or refused, nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({
          unit: fc.constantFrom(
            'Source: a1\n',
            'Version: 1\n',
            'Files:',
            'Checksums-Sha256:',
            '\n ',
            ' 1 f',
            '\0',
            'é',
            '\n',
          ),
        }),
        fc.constantFrom('a.dsc', 'a.changes', 'a.buildinfo'),
        async (content, name) => {
          const outcome = await read(Buffer.from(content), name).catch((error: unknown) => error);
          expect(outcome instanceof UnreadablePackage || !(outcome instanceof Error)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('.changes and .buildinfo are read', async () => {
  const sha256 = 'a'.repeat(64);
  const sums = `Checksums-Sha256:\n ${sha256} 12 hello_1_amd64.deb\n`;
  const head = 'Source: hello (1)\nVersion: 1+b1\nArchitecture: amd64\n';
  const changes = `${head}${sums}Files:\n ${'b'.repeat(32)} 12 misc optional hello_1_amd64.deb\n`;
  expect(await read(Buffer.from(changes), 'hello_1_amd64.changes')).toMatchObject({
    kind: 'changes',
    files: [{ name: 'hello_1_amd64.deb', size: 12, sha256, md5: 'b'.repeat(32) }],
  });
  expect(await read(Buffer.from(head + sums), 'x.buildinfo')).toMatchObject({ kind: 'buildinfo', files: [{ sha256 }] });
});
