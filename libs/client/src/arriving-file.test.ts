import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { arrivingFile } from './arriving-file.ts';
import type { Answer } from './fetch.ts';

const BYTES = Buffer.from('0123456789');
const file = { name: 'digits', size: 10, sha256: createHash('sha256').update(BYTES).digest('hex') };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arriving-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** An answer of these bytes; its connection breaks after them if `breaks`. */
function answer(status: number, bytes: Uint8Array, breaks = false): Answer {
  const body = (async function* () {
    yield bytes;
    if (breaks) throw new Error('cut');
  })();
  return { status, body } as unknown as Answer;
}

test('what arrived before a cut counts, and the rest completes it', async () => {
  const path = join(directory, 'digits');
  const arriving = arrivingFile(file, path);
  await expect(arriving.add(answer(200, BYTES.subarray(0, 4), true))).rejects.toThrow('cut');
  expect(arriving.received).toBe(4);
  expect(await readdir(directory)).toEqual(['digits.part']);
  await arriving.add(answer(206, BYTES.subarray(4)));
  expect(await readFile(path)).toEqual(BYTES);
  expect(await readdir(directory)).toEqual(['digits']);
});

test('an answer that holds the whole begins anew', async () => {
  const arriving = arrivingFile(file, join(directory, 'digits'));
  await expect(arriving.add(answer(200, BYTES.subarray(0, 4), true))).rejects.toThrow('cut');
  await arriving.add(answer(200, BYTES));
  expect(await readFile(join(directory, 'digits'))).toEqual(BYTES);
});

test('other bytes, too many and too few are refused, and nothing of them counts', async () => {
  for (const [bytes, why] of [
    ['0123456780', 'sha256'],
    ['0123456789a', 'longer'],
    ['012345678', 'ends after 9 of 10'],
  ] as const) {
    const arriving = arrivingFile(file, join(directory, 'digits'));
    await expect(arriving.add(answer(200, Buffer.from(bytes)))).rejects.toThrow(why);
    expect(arriving.received).toBe(0);
    await arriving.discard();
  }
  expect(await readdir(directory)).toEqual([]);
});
