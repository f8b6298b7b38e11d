import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogPiece } from './log-files.ts';
import { type OpenLogFiles, openLogFiles } from './open-log-files.ts';

let directory: string;
let logs: OpenLogFiles;
let closed: Set<string>;
const attempt = newId();
const never = new AbortController().signal;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-logs-'));
  closed = new Set();
  logs = openLogFiles({ directory, isClosed: async (id) => closed.has(id) });
});
afterEach(() => rmSync(directory, { recursive: true }));

function chunk(offset: number, content: string | Uint8Array) {
  const bytes = Buffer.from(content);
  return { offset, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
const append = (offset: number, content: string | Uint8Array, limit = 1000) =>
  logs.append(attempt, chunk(offset, content), limit);

async function content(pieces: AsyncIterable<LogPiece>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const { bytes } of pieces) all.push(bytes);
  return Buffer.concat(all).toString('latin1');
}

test('chunks follow one another without a gap; the answer says how long the log is', async () => {
  expect(await logs.length(attempt)).toBe(0);
  expect(await append(0, 'abc')).toBe(3);
  expect(await append(3, 'def')).toBe(6);
  await expect(append(7, 'x')).rejects.toMatchObject({ kind: 'log-offset', members: { length: 6 } });
  expect(await content(logs.read(attempt))).toBe('abcdef');
  expect(await content(logs.read(attempt, { start: 1, end: 3 }))).toBe('bc');
});

test('a repeated or overlapping chunk is harmless, another content at its place is refused', async () => {
  await append(0, 'abc');
  expect(await append(0, 'abc')).toBe(3);
  expect(await append(1, 'bcde')).toBe(5);
  expect(await append(0, 'ab')).toBe(5);
  await expect(append(1, 'BC')).rejects.toMatchObject({ kind: 'log-offset', members: { length: 5 } });
  expect(await content(logs.read(attempt))).toBe('abcde');
});

test('the same chunk sent many times at once is written once', async () => {
  await Promise.all(Array.from({ length: 20 }, () => append(0, 'abc')));
  expect(await content(logs.read(attempt))).toBe('abc');
});

test('a chunk that changed on its way is refused', async () => {
  const broken = { ...chunk(0, 'abc'), bytes: Buffer.from('abd') };
  await expect(logs.append(attempt, broken, 1000)).rejects.toMatchObject({ kind: 'digest-mismatch' });
  expect(await logs.length(attempt)).toBe(0);
});

test('the cap holds to the byte', async () => {
  await append(0, 'abcd', 5);
  await expect(append(4, 'ef', 5)).rejects.toMatchObject({ kind: 'too-large' });
  expect(await append(4, 'e', 5)).toBe(5);
});

test('bytes are kept as they are', async () => {
  const raw = Uint8Array.from({ length: 256 }, (_, index) => index);
  await append(0, raw);
  expect(await content(logs.read(attempt))).toBe(Buffer.from(raw).toString('latin1'));
});

test('a reader follows from its offset to the end of a closed log', async () => {
  await append(0, 'abc');
  const following = content(logs.follow(attempt, 1, never));
  await delay(10);
  await append(3, 'def');
  await delay(10);
  await append(6, 'ghi');
  closed.add(attempt);
  logs.closed(attempt);
  expect(await following).toBe('bcdefghi');
});

test('a slow reader misses nothing', async () => {
  const seen: number[] = [];
  const following = (async () => {
    for await (const { offset, bytes } of logs.follow(attempt, 0, never)) {
      await delay(5);
      seen.push(...Array.from(bytes, (_, index) => offset + index));
    }
  })();
  for (let offset = 0; offset < 200; offset++) await append(offset, 'x');
  closed.add(attempt);
  logs.closed(attempt);
  await following;
  expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index));
});

test('a reader of a log that nobody wrote yet waits, and stops when told', async () => {
  const stop = new AbortController();
  const following = content(logs.follow(attempt, 0, stop.signal));
  await delay(10);
  stop.abort();
  expect(await following).toBe('');
});

test('an id that is none never becomes a path', async () => {
  await expect(logs.length('../../etc/passwd')).rejects.toThrow('an id');
});
