import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { newId } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobStore, openBlobs, TooLargeError } from './blobs.ts';
import { OffsetError } from './partials.ts';

let directory: string;
let blobs: BlobStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-blobs-'));
  blobs = await openBlobs(directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const body = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
async function* breaking(content: string) {
  yield Buffer.from(content);
  throw new Error('connection lost');
}
const left = () => readdirSync(join(directory, 'tmp'));

test('a stream becomes a file under the digest that was computed here', async () => {
  const stored = await blobs.put(body('hel', 'lo'));
  expect(stored).toEqual({ sha256: sha256('hello'), size: 5 });
  expect(await blobs.has(stored.sha256)).toBe(true);
  expect(await blobs.size(stored.sha256)).toBe(5);
  expect(await text(blobs.open(stored.sha256))).toBe('hello');
  expect(await text(blobs.open(stored.sha256, { start: 1, end: 3 }))).toBe('ell');
  expect(left()).toEqual([]);
});

test('the same content at the same time is one file', async () => {
  const [a, b] = await Promise.all([blobs.put(body('x')), blobs.put(body('x'))]);
  expect(a).toEqual(b);
  expect(await text(blobs.open(a.sha256))).toBe('x');
});

test('a stream that breaks off, or is too long, leaves nothing', async () => {
  await expect(blobs.put(breaking('half'))).rejects.toThrow('connection lost');
  await expect(blobs.put(body('12345', '6'), { limit: 5 })).rejects.toThrow(TooLargeError);
  expect(left()).toEqual([]);
  expect(await blobs.has(sha256('half'))).toBe(false);
});

test('what an interrupted process left is swept at the next start', async () => {
  writeFileSync(join(directory, 'tmp', 'leftover'), 'x');
  await openBlobs(directory);
  expect(left()).toEqual([]);
});

test('removing is idempotent, and a name that is no digest never becomes a path', async () => {
  const { sha256: digest } = await blobs.put(body('x'));
  await blobs.remove(digest);
  await blobs.remove(digest);
  expect(await blobs.has(digest)).toBe(false);
  expect(() => blobs.path('../../etc/passwd')).toThrow(RangeError);
});

test('a partial file grows over interruptions and restarts until it is a blob', async () => {
  const id = newId();
  await blobs.partials.create(id);
  await expect(blobs.partials.append(id, 0, breaking('hel'), 100)).rejects.toThrow('connection lost');
  const again = await openBlobs(directory);
  expect(await again.partials.length(id)).toBe(3);
  await expect(again.partials.append(id, 0, body('hello'), 100)).rejects.toThrow(OffsetError);
  expect(await again.partials.append(id, 3, body('lo'), 100)).toBe(5);
  expect(await again.partials.finish(id)).toEqual({ sha256: sha256('hello'), size: 5 });
  expect(await text(again.open(sha256('hello')))).toBe('hello');
  expect(await again.partials.finish(id), 'after a crash before it was noted').toEqual({
    sha256: sha256('hello'),
    size: 5,
  });
  expect(await again.digests()).toEqual([sha256('hello')]);
  expect(await again.partials.ids()).toEqual([id]);
  await again.partials.remove(id);
  expect(await again.partials.ids()).toEqual([]);
  expect(await text(again.open(sha256('hello')))).toBe('hello');
});

test('bytes past the announced length are not written', async () => {
  const id = newId();
  await blobs.partials.create(id);
  expect(await blobs.partials.append(id, 0, body('abc', 'def'), 4)).toBe(4);
  expect(await blobs.partials.finish(id)).toEqual({ sha256: sha256('abcd'), size: 4 });
});
