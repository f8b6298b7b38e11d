import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnreadableRpm } from '@fatbuildr/domain/rpm';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { fileTags, rpmBytes, text } from '@fatbuildr/testing/rpm-bytes';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf } from '../../reading/bytes.ts';
import { readRpm } from './read-rpm.ts';

let dir: string;
let content: Buffer;
let source: Buffer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-read-rpm-'));
  const built = await makeRpm({
    name: 'hello',
    version: '1',
    preamble: ['Epoch: 2', 'Recommends: (a or b)', 'Requires: c >= 1:2-3'],
    files: { '/usr/share/a b': 'x', '/usr/share/hello/': '' },
    fileLines: ['%ghost /var/lib/hello'],
    changelog: '* Thu Jan 01 2026 A <a@b> - 1-1\n- change',
  });
  content = built.find(({ name }) => !name.endsWith('.src.rpm'))?.content as Buffer;
  source = built.find(({ name }) => name.endsWith('.src.rpm'))?.content as Buffer;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function read(bytes: Uint8Array) {
  const path = join(dir, 'file.rpm');
  await writeFile(path, bytes);
  await using file = await open(path);
  return await readRpm(bytesOf(file.fd, bytes.length));
}

test('reads what a package says of itself', async () => {
  const rpm = await read(content);
  expect(rpm).toMatchObject({
    name: 'hello',
    epoch: '2',
    version: '1',
    release: '1',
    architecture: 'noarch',
    sourceRpm: 'hello-1-1.src.rpm',
    files: [
      { path: '/usr/share/a b', type: '' },
      { path: '/usr/share/hello', type: 'dir' },
      { path: '/var/lib/hello', type: 'ghost' },
    ],
    changelog: [{ author: 'A <a@b> - 1-1', text: '- change' }],
  });
  expect(rpm.relations.recommends).toMatchObject([{ name: '(a or b)', version: '' }]);
  expect(rpm.relations.requires).toContainEqual({ name: 'c', flags: 12, version: '1:2-3' });
});

test('knows a source package', async () => {
  expect(await read(source)).toMatchObject({ name: 'hello', architecture: 'src', sourceRpm: '' });
});

test('refuses a lead of other signatures, as rpm does', async () => {
  const bytes = Buffer.from(content);
  bytes[79] = 1;
  await expect(read(bytes)).rejects.toThrow('unknown type of signature 1');
});

test('refuses more names of files than anybody has, also where a small header makes them', async () => {
  const directory = `${'d'.repeat(1 << 20)}/`;
  const files = Array.from({ length: 33 }, (_, index) => ({ path: `${directory}${index}`, content: Buffer.alloc(0) }));
  const tags = [text(1000, 'many'), text(1001, '1'), text(1002, '1'), text(1022, 'x86_64'), text(1044, 'many.src.rpm')];
  const bytes = rpmBytes('many-1-1', [...tags, ...fileTags(files)], []);
  expect(bytes.length).toBeLessThan(2 << 20);
  await expect(read(bytes)).rejects.toThrow('it has names of files of more than 33554432 characters');
});

/** Whatever the bytes are: an answer or a reason. */
async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
  await read(bytes).catch((error) => {
    if (!(error instanceof UnreadableRpm)) throw error;
  });
}

describe('never ends otherwise than by an answer or a refusal', () => {
  test('a cut-off package', async () => {
    const headers = (await read(content)).header.end;
    for (const length of [0, 1, 95, 96, 111, 112, 500, headers - 1]) {
      await expect(read(content.subarray(0, length))).rejects.toBeInstanceOf(UnreadableRpm);
    }
  });

  test('changed bytes in its headers', async () => {
    const { header } = await read(content);
    const change = fc.record({
      at: fc.integer({ min: 0, max: header.end - 1 }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(content);
        for (const { at, byte } of changes) bytes[at] = byte;
        await readsOrRefuses(bytes);
      }),
      { numRuns: 400 },
    );
  });

  test('changed entries in the index of the main header', async () => {
    const { header } = await read(content);
    const count = content.readUInt32BE(header.start + 8);
    const change = fc.record({
      entry: fc.integer({ min: 0, max: count - 1 }),
      field: fc.constantFrom(0, 4, 8, 12),
      value: fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom(0x7fffffff, 0xffffffff, 0x80000000)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(content);
        for (const { entry, field, value } of changes) {
          bytes.writeUInt32BE(value, header.start + 16 + entry * 16 + field);
        }
        await readsOrRefuses(bytes);
      }),
      { numRuns: 400 },
    );
  });

  test('any bytes after a lead and a magic', async () => {
    const start = Buffer.from([...content.subarray(0, 96), 0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (tail) => readsOrRefuses(Buffer.concat([start, tail]))),
      { numRuns: 300 },
    );
  });
});
