import { readLogFrame, type TerminalReport } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ApiSocket, openTerminalLink, type SocketEvents, type TerminalLink } from './link.ts';

/** A log in memory. */
function fakeLog() {
  let bytes = Buffer.alloc(0);
  const listeners = new Set<() => void>();
  return {
    get length() {
      return bytes.length;
    },
    read: (offset: number, size: number) => bytes.subarray(offset, offset + size),
    onWrite(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    write(text: string) {
      bytes = Buffer.concat([bytes, Buffer.from(text)]);
      for (const listener of listeners) listener();
    },
  };
}

/** The api's side of one connection. */
interface Connection {
  events: SocketEvents;
  text: unknown[];
  frames: { offset: number; text: string }[];
  /** Frames that have not left yet. */
  unsent: (() => void)[];
}

let connections: Connection[];
let holdFrames: boolean;
let log: ReturnType<typeof fakeLog>;
let audiences: (number | undefined)[];
let typed: string[];
let tookOf: ((bytes: number) => void)[];
let ends: number[];
let running: TerminalReport | undefined;
let link: TerminalLink;

const audience = (have: number | null, clients = 1) => JSON.stringify({ have, clients, terminal: null, pipe: null });
const last = () => connections.at(-1) as Connection;
const seen = (connection: Connection) => connection.frames.map(({ text }) => text).join('');

function connect(events: SocketEvents): ApiSocket {
  const connection: Connection = { events, text: [], frames: [], unsent: [] };
  connections.push(connection);
  return {
    send(data, sent) {
      if (typeof data === 'string') {
        connection.text.push(JSON.parse(data));
        return sent();
      }
      const frame = readLogFrame(data);
      if (frame) connection.frames.push({ offset: frame.offset, text: Buffer.from(frame.bytes).toString() });
      if (holdFrames) connection.unsent.push(sent);
      else sent();
    },
    close: () => events.closed(),
  };
}

beforeEach(() => {
  [connections, audiences, typed, tookOf, ends, holdFrames] = [[], [], [], [], [], false];
  running = undefined;
  log = fakeLog();
  link = openTerminalLink({
    connect,
    log,
    onAudience: (now) => audiences.push(now?.clients),
    onInput(bytes, took) {
      typed.push(Buffer.from(bytes).toString());
      tookOf.push(took);
    },
    onEof: (length) => ends.push(length),
    running: () => running,
    pauseMs: 5,
  });
});

afterEach(() => link.close(0));

test('nothing is sent before the api says what it has; then the last of the log, and what follows', () => {
  log.write(`${'x'.repeat(100_000)}end`);
  expect(last().frames).toEqual([]);
  last().events.text(audience(null));
  expect(last().frames[0]?.offset).toBe(100_003 - 64 * 1024);
  log.write(' more');
  expect(seen(last()).slice(-8)).toBe('end more');
  expect(audiences).toEqual([1]);
});

test('after a cut it goes on where the api is, and tells how it stands now', async () => {
  last().events.text(audience(null));
  link.report({ running: true });
  expect(last().text).toEqual([{ running: true }]);
  running = { running: true, pipe: { name: 'a'.repeat(32), taken: 5, from: 0 } };
  log.write('first ');
  last().events.closed();
  log.write('second');
  await vi.waitFor(() => expect(connections).toHaveLength(2));
  last().events.text(audience(3, 0));
  expect(last().frames).toEqual([{ offset: 3, text: 'st second' }]);
  expect(last().text).toEqual([running]);
  expect(audiences).toEqual([1, undefined, 0]);
});

test('printing waits while too much is on its way, and goes on at a cut', async () => {
  last().events.text(audience(null));
  holdFrames = true;
  log.write('x'.repeat(300_000));
  const room = vi.fn();
  void link.room().then(room);
  await Promise.resolve();
  expect(room).not.toHaveBeenCalled();
  last().unsent[0]?.();
  last().unsent[1]?.();
  await vi.waitFor(() => expect(room).toHaveBeenCalled());
  log.write('x'.repeat(300_000));
  const again = link.room();
  last().events.closed();
  await again;
});

test('what the shell took of what was typed is told to the api that sent it', async () => {
  last().events.text(audience(null));
  for (const keys of ['one', 'four']) last().events.bytes(Buffer.from(keys));
  expect(typed).toEqual(['one', 'four']);
  tookOf[0]?.(3);
  tookOf[1]?.(4);
  expect(last().text).toEqual([{ taken: 3 }, { taken: 7 }]);
  last().events.bytes(Buffer.from('late'));
  last().events.closed();
  await vi.waitFor(() => expect(connections).toHaveLength(2));
  last().events.text(audience(0));
  tookOf[2]?.(4);
  expect(last().text).toEqual([]);
});

test('the end of a pipe is handed on', () => {
  last().events.text('{"eof": 12}');
  expect(ends).toEqual([12]);
});

test('nonsense from the api changes nothing', () => {
  last().events.text('{"clients": -1}');
  last().events.text('}');
  expect(audiences).toEqual([]);
});

test('it closes when all that was printed is sent; an api that is away is not waited for long', async () => {
  last().events.text(audience(null));
  holdFrames = true;
  log.write('last words');
  const closed = vi.fn();
  const closing = link.close(1000).then(closed);
  await Promise.resolve();
  expect(closed).not.toHaveBeenCalled();
  last().unsent[0]?.();
  await closing;
  expect(connections).toHaveLength(1);

  const quiet = { onAudience: () => {}, onInput: () => {}, onEof: () => {}, running: () => undefined };
  const other = openTerminalLink({ connect, log, ...quiet });
  await other.close(10);
});
