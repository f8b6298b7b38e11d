import { logFrame, type TerminalNotice } from '@fatbuildr/domain/client-side';
import { describe, expect, test, vi } from 'vitest';
import type { Answer } from './fetch.ts';
import type { LogSocket } from './log-stream.ts';
import { attachTerminal, type TerminalOptions } from './terminal.ts';

/** The server's end of a connection. */
class FakeSocket implements LogSocket {
  binaryType = '';
  onopen: LogSocket['onopen'] = null;
  onmessage: LogSocket['onmessage'] = null;
  onclose: LogSocket['onclose'] = null;
  onerror: LogSocket['onerror'] = null;
  readonly sent: (string | Buffer)[] = [];
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  send(data: string | Uint8Array) {
    this.sent.push(typeof data === 'string' ? data : Buffer.from(data));
  }
  close() {
    this.onclose?.({ code: 1000, reason: '' });
  }
  say(notice: TerminalNotice) {
    this.onmessage?.({ data: JSON.stringify(notice) });
  }
  print(offset: number, text: string) {
    const frame = logFrame({ offset, bytes: Buffer.from(text) });
    this.onmessage?.({ data: frame.buffer });
  }
}

function terminal(options: Partial<TerminalOptions> = {}, answer: () => Promise<Partial<Answer>> = () => never) {
  const sockets: FakeSocket[] = [];
  const printed: string[] = [];
  const states: string[] = [];
  const transport = {
    baseUrl: 'http://farm',
    fetch: answer as () => Promise<Answer>,
    openSocket(path: string) {
      const socket = new FakeSocket(path);
      sockets.push(socket);
      return socket;
    },
  };
  const attached = attachTerminal(transport, 'a'.repeat(16), {
    size: { columns: 80, rows: 24 },
    onBytes: (bytes, offset) => void printed.push(`${offset} ${Buffer.from(bytes)}`),
    onState: (state) => void states.push(state),
    ...options,
  });
  const connection = async (number = 0) => {
    await vi.waitFor(() => expect(sockets.length).toBeGreaterThan(number), 2000);
    const socket = sockets[number] as FakeSocket;
    return socket;
  };
  return { ...attached, connection, printed, states };
}
const never = new Promise<never>(() => {});

test('bytes go both ways, and the end tells the status', async () => {
  const { connection, printed, states, ended, type, resize } = terminal({ term: 'xterm' });
  const socket = await connection();
  expect(socket.path).toBe(`/api/v1/attempts/${'a'.repeat(16)}/terminal?columns=80&rows=24&term=xterm`);
  socket.onopen?.();
  socket.say({ attached: { state: 'waiting' } });
  await vi.waitFor(() => expect(type(Buffer.from('lost'))).toBe(false));
  socket.say({ attached: { state: 'running' } });
  await vi.waitFor(() => expect(type(Buffer.from('ls\r'))).toBe(true));
  resize({ columns: 5000, rows: 0 });
  expect(socket.sent).toEqual([Buffer.from('ls\r'), '{"resize":{"columns":1000,"rows":1}}']);
  socket.print(7, 'one ');
  socket.print(7, 'one two');
  socket.say({ ended: { status: 7, outcome: 'success' } });
  expect(await ended).toEqual({ status: 7, outcome: 'success' });
  expect({ printed, states }).toEqual({ printed: ['7 one ', '11 two'], states: ['running'] });
});

test('a cut connection goes on at the next byte, at the size of now; what is typed meanwhile is lost', async () => {
  const { connection, printed, states, ended, type, resize } = terminal();
  const first = await connection();
  first.onopen?.();
  first.say({ attached: { state: 'running' } });
  first.print(0, 'abc');
  await vi.waitFor(() => expect(printed).toHaveLength(1));
  first.close();
  await vi.waitFor(() => expect(states).toEqual(['running', 'cut']));
  expect(type(Buffer.from('rm -r *\r'))).toBe(false);
  resize({ columns: 100, rows: 30 });
  const second = await connection(1);
  expect(second.path).toContain('columns=100&rows=30&offset=3');
  second.onopen?.();
  second.say({ attached: { state: 'running' } });
  second.print(90_000, 'later');
  second.say({ ended: { status: 0, outcome: 'success' } });
  await ended;
  expect(printed).toEqual(['0 abc', '90000 later']);
  expect(second.sent).toEqual([]);
});

test('input is sent in pieces that the server takes', async () => {
  const { connection, type, ended } = terminal();
  const socket = await connection();
  socket.onopen?.();
  socket.say({ attached: { state: 'running' } });
  await vi.waitFor(() => expect(type(Buffer.alloc(150_000, 'x'))).toBe(true));
  expect(socket.sent.map(({ length }) => length)).toEqual([65_536, 65_536, 18_928]);
  socket.say({ ended: { status: null, outcome: 'timeout' } });
  await ended;
});

test('a refusal is told in the words of the server, and not tried again', async () => {
  const problem = { type: 'urn:fatbuildr:problem:forbidden', title: 'Forbidden', status: 403, detail: 'Not yours.' };
  const { connection, ended } = terminal({}, async () => ({
    ok: false,
    status: 403,
    text: async () => JSON.stringify(problem),
  }));
  (await connection()).close();
  await expect(ended).rejects.toThrow('Not yours.');
});

test('a server that stays away is given up', async () => {
  const { connection, ended } = terminal({ reconnects: 1 }, () => Promise.reject(new Error('refused')));
  (await connection()).close();
  (await connection(1)).close();
  await expect(ended).rejects.toThrow('could not be reached');
});

test('who detaches ends it', async () => {
  const leaving = new AbortController();
  const { connection, ended } = terminal({ signal: leaving.signal });
  (await connection()).onopen?.();
  leaving.abort();
  await expect(ended).rejects.toThrow('abort');
});

describe('what is piped in', () => {
  async function* script() {
    yield Buffer.from('exit 3');
  }
  const states: [string, string, number | undefined][] = [];
  const options = {
    input: script(),
    onState: (state: string, { reads, from }: { reads: string; from: number | undefined }) =>
      void states.push([state, reads, from]),
  };

  test('goes to a shell that reads it, and on after a cut', async () => {
    const { connection, ended } = terminal(options);
    const first = await connection();
    const name = /pipe=([0-9a-f]{32})/.exec(first.path)?.[1];
    first.onopen?.();
    first.say({ attached: { state: 'waiting' } });
    first.say({ attached: { state: 'running', pipe: { yours: true, taken: 0, from: 40 } } });
    await vi.waitFor(() => expect(first.sent).toEqual([Buffer.from(`${'\0'.repeat(8)}exit 3`), '{"eof":6}']));
    first.close();
    const second = await connection(1);
    expect(second.path).toContain(`pipe=${name}`);
    second.onopen?.();
    second.say({ attached: { state: 'running', pipe: { yours: true, taken: 6, from: 40 } } });
    await vi.waitFor(() => expect(second.sent).toEqual(['{"eof":6}']));
    second.say({ taken: 6 });
    second.say({ ended: { status: 3, printed: 40, outcome: 'success' } });
    expect(await ended).toEqual({ status: 3, printed: 40, outcome: 'success' });
    expect(states).toEqual([
      ['running', 'this', 40],
      ['cut', 'this', 40],
      ['running', 'this', 40],
    ]);
  });

  test('does not go to a terminal, or to a shell that reads another pipe', async () => {
    for (const pipe of [undefined, { yours: false, taken: 0, from: 40 }]) {
      const { connection, ended, states } = terminal({ input: script() });
      const socket = await connection();
      socket.onopen?.();
      socket.say({ attached: { state: 'running', ...(pipe ? { pipe } : {}) } });
      await vi.waitFor(() => expect(states).toEqual(['running']));
      expect(socket.sent).toEqual([]);
      socket.say({ ended: { status: 0, outcome: 'success' } });
      await ended;
    }
  });

  test('that cannot be read ends it', async () => {
    const broken = { next: () => Promise.reject(new Error('Is a directory')) };
    const { connection, ended } = terminal({ input: { [Symbol.asyncIterator]: () => broken } });
    await connection();
    await expect(ended).rejects.toThrow('Is a directory');
  });
});

test('what is printed faster than it is taken is not read; the other side hears that we are there', async () => {
  const held = Promise.withResolvers<void>();
  const { connection, ended } = terminal({ onBytes: () => held.promise });
  const socket = Object.assign(await connection(), { pause: vi.fn(), resume: vi.fn(), ping: vi.fn() });
  socket.onopen?.();
  vi.useFakeTimers();
  socket.print(0, 'x'.repeat(600_000));
  expect(socket.pause).not.toHaveBeenCalled();
  socket.print(600_000, 'x'.repeat(600_000));
  expect(socket.pause).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(25_000);
  expect(socket.ping).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
  expect(socket.resume).not.toHaveBeenCalled();
  held.resolve();
  await vi.waitFor(() => expect(socket.resume).toHaveBeenCalledOnce());
  socket.say({ ended: { status: 0, outcome: 'success' } });
  await ended;
});
