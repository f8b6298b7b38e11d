import { readLogFrame } from '@fatbuildr/domain/client-side';
import { expect, test, vi } from 'vitest';
import type { LogSocket } from './log-stream.ts';
import { pipeIn } from './piped-input.ts';

const WINDOW = 256 * 1024;

/** The other side of a connection: pieces as `offset text`, and text frames. */
function connection() {
  const sent: string[] = [];
  const socket = {
    send(data: string | Uint8Array) {
      const frame = typeof data === 'string' ? undefined : readLogFrame(data);
      sent.push(frame ? `${frame.offset} ${Buffer.from(frame.bytes)}` : `${data}`);
    },
  } as unknown as LogSocket;
  return { socket, sent };
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
const unread = (error: unknown) => {
  throw error;
};
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test('what is piped in waits for somebody to take it; its length comes last', async () => {
  const { socket, sent } = connection();
  const input = pipeIn(chunks('one', 'two'), unread);
  await soon();
  expect(sent).toEqual([]);
  input.goOn(socket, 0);
  expect(sent).toEqual(['0 one', '3 two', '{"eof":6}']);
});

test('after a cut it goes on where the other side is', async () => {
  const [first, second] = [connection(), connection()];
  const input = pipeIn(chunks('one', 'two', 'three'), unread);
  input.goOn(first.socket, 0);
  await vi.waitFor(() => expect(first.sent).toHaveLength(4));
  input.taken(3);
  input.hold();
  input.goOn(second.socket, 4);
  expect(second.sent).toEqual(['3 two', '6 three', '{"eof":11}']);
});

test('no more is read ahead than the other side has room for', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 40_000;
      yield Buffer.alloc(40_000);
    }
  }
  const { socket, sent } = connection();
  const input = pipeIn(endless(), unread);
  await soon();
  expect(read).toBeLessThan(WINDOW + 2 * 40_000);
  input.goOn(socket, 0);
  await soon();
  const before = { read, sent: sent.length };
  input.taken(10);
  await soon();
  expect({ read, sent: sent.length }).toEqual(before);
  input.taken(200_000);
  await vi.waitFor(() => expect(read).toBeGreaterThan(before.read + 100_000));
  await soon();
  expect(read).toBeLessThan(200_000 + WINDOW + 2 * 40_000);
});

test('what cannot be read to its end has none', async () => {
  const { socket, sent } = connection();
  const onError = vi.fn();
  async function* broken() {
    yield Buffer.from('half');
    throw new Error('a directory');
  }
  pipeIn(broken(), onError).goOn(socket, 0);
  await vi.waitFor(() => expect(onError).toHaveBeenCalled());
  expect(sent).toEqual(['0 half']);
});
