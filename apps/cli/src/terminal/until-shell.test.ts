import type { Client, FollowOptions } from '@fatbuildr/client';
import { expect, test } from 'vitest';
import { followUntilShell } from './until-shell.ts';

const ATTEMPT = 'b'.repeat(16);

/** A build whose log is `pieces`; its shell waits from byte `shell` on. */
function client(pieces: readonly string[], shell: number | undefined) {
  const phases = shell === undefined ? [] : [{ name: 'shell', began: 1, ended: null, logOffset: shell }];
  return {
    task: async () => ({ jobs: [{ attempts: [{ id: ATTEMPT, phases }] }] }),
    async followLog(_: string, { onBytes, signal }: FollowOptions) {
      let offset = 0;
      for (const piece of pieces) {
        await onBytes(Buffer.from(piece), offset);
        offset += piece.length;
        signal?.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (shell !== undefined) await new Promise((_, reject) => signal?.addEventListener('abort', reject));
      return { attempt: ATTEMPT, length: offset, outcome: 'build-failure' as const };
    },
  } as unknown as Client;
}

async function follow(pieces: readonly string[], shell: number | undefined, signal = new AbortController().signal) {
  let printed = '';
  const onBytes = async (bytes: Uint8Array) => void (printed += Buffer.from(bytes));
  const offset = await followUntilShell(client(pieces, shell), { task: 'a', attempt: ATTEMPT, onBytes, signal });
  return { offset, printed };
}

test('the log is followed to where the shell begins, and no byte of the terminal is lost or seen twice', async () => {
  expect(await follow(['one', 'two', 'three'], 6)).toEqual({ offset: 6, printed: 'onetwo' });
  expect(await follow(['one', 'two three'], 6)).toEqual({ offset: 12, printed: 'onetwo three' });
  expect(await follow(['all'], 3)).toEqual({ offset: 3, printed: 'all' });
});

test('an attempt that ends without a shell is followed to its end', async () => {
  expect(await follow(['one', 'two'], undefined)).toEqual({ offset: undefined, printed: 'onetwo' });
});

test('Ctrl-C ends it', async () => {
  await expect(follow(['one', 'two'], undefined, AbortSignal.abort())).rejects.toThrow('abort');
});
