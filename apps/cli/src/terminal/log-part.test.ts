import type { Client, FollowOptions } from '@fatbuildr/client';
import { expect, test } from 'vitest';
import { readLogPart } from './log-part.ts';

/** A client of a log of ten bytes, which come in pieces of four. */
function client(log = '0123456789'): Pick<Client, 'followLog'> {
  return {
    async followLog(attempt, { offset = 0, onBytes, signal }: FollowOptions) {
      for (let at = offset; at < log.length; at += 4) await onBytes(Buffer.from(log.slice(at, at + 4)), at);
      signal?.throwIfAborted();
      return { attempt, length: log.length, outcome: 'success' };
    },
  };
}

async function read(from: number, to: number, signal = new AbortController().signal) {
  let text = '';
  const take = async (bytes: Uint8Array) => void (text += Buffer.from(bytes));
  await readLogPart(client(), 'a', { from, to, take, signal });
  return text;
}

test('a part of a log is read, and no byte more', async () => {
  expect(await read(1, 3)).toBe('12');
  expect(await read(1, 5)).toBe('1234');
  expect(await read(3, 10)).toBe('3456789');
});

test('what is not there is no silence', async () => {
  await expect(read(3, 12)).rejects.toThrow('The last 2 bytes');
});

test('Ctrl-C ends it', async () => {
  await expect(read(3, 5, AbortSignal.abort())).rejects.toThrow('abort');
});
