import { utimesSync } from 'node:fs';
import { Readable } from 'node:stream';
import { newId } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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

test('one upload is written by one request at a time: a later one takes over from a connection that is dead', async () => {
  const { id } = await farm.uploads.create({ length: 5 }, local);
  const dead = new Readable({ read() {} });
  dead.push('he');
  const first = farm.uploads.append(id, 0, dead).catch((error: unknown) => error);
  await vi.waitFor(async () => expect((await farm.uploads.get(id)).offset).toBe(2));
  expect(await farm.uploads.append(id, 2, body('llo'))).toMatchObject({ offset: 5, sha256: sha256Of('hello') });
  expect(await first).toMatchObject({ kind: 'conflict' });
});

test('an upload whose last step was cut off by a crash is completed when it is asked for', async () => {
  const { context } = farm;
  const { id } = await farm.uploads.create({ length: 5 }, local);
  const { transact } = context.database;
  context.database.transact = () => Promise.reject(new Error('killed'));
  await expect(farm.uploads.append(id, 0, body('hello'))).rejects.toThrow('killed');
  context.database.transact = transact;
  expect(await farm.uploads.get(id)).toMatchObject({ offset: 5, sha256: sha256Of('hello') });
  expect(await context.blobs.partials.ids()).toEqual([]);
});

test('files that a crash or a refusal left without a record are collected', async () => {
  const { blobs } = farm.context;
  const { sha256 } = await blobs.put(body('of a lost attempt'));
  const known = await farm.upload('known');
  const partial = newId();
  await blobs.partials.create(partial);
  await collectUploads(farm.context);
  expect(await blobs.has(sha256), 'its record may be on its way').toBe(true);
  farm.advance(Date.now() - farm.context.clock() + 2 * day);
  await farm.database.stores.blobs.add({ sha256: known.sha256, size: known.size, created: farm.context.clock() });
  await collectUploads(farm.context);
  expect(await blobs.has(sha256)).toBe(false);
  expect(await blobs.has(known.sha256)).toBe(true);
  expect(await blobs.partials.ids()).toEqual([]);
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
