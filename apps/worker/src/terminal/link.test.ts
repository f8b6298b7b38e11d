import { readLogFrame } from '@fatbuildr/domain';
import { beforeEach, expect, test, vi } from 'vitest';
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
  paused: boolean;
}

let connections: Connection[];
let holdFrames: boolean;
let log: ReturnType<typeof fakeLog>;
let audiences: (number | undefined)[];
let typed: string[];
let link: TerminalLink;

const audience = (have: number | null, clients = 1) => JSON.stringify({ have, clients, terminal: null });
const last = () => connections.at(-1) as Connection;
const seen = (connection: Connection) => connection.frames.map(({ text }) => text).join('');

function connect(events: SocketEvents): ApiSocket {
  const connection: Connection = { events, text: [], frames: [], unsent: [], paused: false };
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
    pause: () => void (connection.paused = true),
    resume: () => void (connection.paused = false),
    close: () => events.closed(),
  };
}

beforeEach(() => {
  [connections, audiences, typed, holdFrames] = [[], [], [], false];
  log = fakeLog();
  link = openTerminalLink({
    connect,
    log,
    onAudience: (now) => audiences.push(now?.clients),
    onInput: async (bytes) => void typed.push(Buffer.from(bytes).toString()),
    pauseMs: 5,
  });
});

test('nothing is sent before the api says what it has; then the last of the log, and what follows', () => {
  log.write(`${'x'.repeat(100_000)}end`);
  expect(last().frames).toEqual([]);
  last().events.text(audience(null));
  expect(last().frames[0]?.offset).toBe(100_003 - 64 * 1024);
  log.write(' more');
  expect(seen(last()).slice(-8)).toBe('end more');
  expect(audiences).toEqual([1]);
});

test('after a cut it goes on where the api is, and tells again what it reported', async () => {
  last().events.text(audience(null));
  link.report({ running: true });
  log.write('first ');
  last().events.closed();
  log.write('second');
  await vi.waitFor(() => expect(connections).toHaveLength(2));
  last().events.text(audience(3, 0));
  expect(last().frames).toEqual([{ offset: 3, text: 'st second' }]);
  expect(last().text).toEqual([{ running: true }]);
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

test('what is typed is taken in order, and nothing is read meanwhile', async () => {
  last().events.text(audience(null));
  last().events.bytes(Buffer.from('one'));
  expect(last().paused).toBe(true);
  last().events.bytes(Buffer.from('two'));
  await vi.waitFor(() => expect(typed).toEqual(['one', 'two']));
  await vi.waitFor(() => expect(last().paused).toBe(false));
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

  const other = openTerminalLink({ connect, log, onAudience: () => {}, onInput: async () => {} });
  await other.close(10);
});
