import { utimesSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { local, sha256Of, type TestControl, testControl } from './test-control.ts';
import { collectUploads } from './uploads.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

const body = (text: string) => Readable.from([Buffer.from(text)]);
const day = 24 * 3_600_000;

test('an upload goes on where it broke, and ends with the digest that was computed here', async () => {
  const { id } = await farm.uploads.create({ length: 5 }, local);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('he');
      throw new Error('connection lost');
    })(),
  );
  await expect(farm.uploads.append(id, 0, broken)).rejects.toThrow('connection lost');
  expect(await farm.uploads.get(id)).toEqual({ id, length: 5, offset: 2, sha256: null });
  await expect(farm.uploads.append(id, 0, body('hello'))).rejects.toMatchObject({
    kind: 'upload-offset',
    members: { offset: 2 },
  });
  const done = await farm.uploads.append(id, 2, body('llo and more'));
  expect(done).toEqual({ id, length: 5, offset: 5, sha256: sha256Of('hello') });
  expect(await farm.uploads.append(id, 5, body(''))).toEqual(done);
  expect(await farm.uploads.blob(sha256Of('hello'))).toBe(5);
});

test('an empty file needs no bytes', async () => {
  expect(await farm.uploads.create({ length: 0 }, local)).toMatchObject({ sha256: sha256Of('') });
});

test('what is too large, or would fill the disk, is refused before it is sent', async () => {
  await expect(farm.uploads.create({ length: 1001 }, local)).rejects.toMatchObject({ kind: 'too-large' });
  farm.context.freeSpace = async () => 0.04;
  await expect(farm.uploads.create({ length: 1 }, local)).rejects.toMatchObject({ kind: 'no-space' });
});

test('one upload is written by one request at a time', async () => {
  const { id } = await farm.uploads.create({ length: 5 }, local);
  const slow = new Readable({ read() {} });
  const first = farm.uploads.append(id, 0, slow);
  await expect(farm.uploads.append(id, 0, body('hello'))).rejects.toMatchObject({ kind: 'conflict' });
  slow.push('hello');
  slow.push(null);
  expect((await first).offset).toBe(5);
});

test('old uploads and blobs that no task names are collected, others stay', async () => {
  await farm.ready();
  const named = (await farm.request()).source;
  await farm.build({ source: named });
  const unnamed = await farm.upload('nobody');
  const half = await farm.uploads.create({ length: 5 }, local);
  const { blobs } = farm.context;
  await collectUploads(farm.context);
  expect(await blobs.has(unnamed.sha256)).toBe(true);

  farm.advance(2 * day);
  const [old, recent] = [farm.context.clock() / 1000 - 3 * 86_400, farm.context.clock() / 1000];
  utimesSync(blobs.path(unnamed.sha256), recent, recent);
  await collectUploads(farm.context);
  expect(await blobs.has(unnamed.sha256), 'it has just arrived again').toBe(true);
  utimesSync(blobs.path(unnamed.sha256), old, old);
  await collectUploads(farm.context);
  expect(await blobs.has(unnamed.sha256)).toBe(false);
  expect(await farm.uploads.blob(unnamed.sha256)).toBeUndefined();
  expect(await blobs.has(named.kind === 'definition' ? named.archive.sha256 : '')).toBe(true);
  await expect(farm.uploads.get(half.id)).rejects.toMatchObject({ kind: 'not-found' });
});
