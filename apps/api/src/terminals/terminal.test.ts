import { logFrame, PIPE_WINDOW, readLogFrame, type TerminalAudience, type TerminalNotice } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Peer } from './peer.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** A socket that remembers. */
function fakePeer() {
  const text: unknown[] = [];
  const frames: { offset: number; text: string }[] = [];
  const typed: string[] = [];
  const peer = {
    buffered: 0,
    paused: false,
    closed: undefined as number | undefined,
    send(data: Uint8Array | string) {
      if (typeof data === 'string') text.push(JSON.parse(data));
      else {
        typed.push(Buffer.from(data).toString());
        const frame = readLogFrame(data);
        if (frame) frames.push({ offset: frame.offset, text: Buffer.from(frame.bytes).toString() });
      }
    },
    pause() {
      peer.paused = true;
    },
    resume() {
      peer.paused = false;
    },
    close(code: number) {
      peer.closed = code;
    },
  } satisfies Peer & Record<string, unknown>;
  return {
    peer,
    typed,
    frames,
    notices: text as TerminalNotice[],
    audiences: text as TerminalAudience[],
    seen: () => frames.map((frame) => frame.text).join(''),
  };
}

const window = { columns: 80, rows: 24, term: 'xterm' };
let terminal: Terminal;
const print = (offset: number, text: string) => ({ offset, bytes: Buffer.from(text) });

beforeEach(() => {
  vi.useFakeTimers();
  terminal = openTerminal();
});
afterEach(() => {
  vi.useRealTimers();
});

test('who attaches before the shell waits, and is told when it runs', () => {
  const ada = fakePeer();
  terminal.attach(ada.peer, { terminal: window });
  expect(ada.notices).toEqual([{ attached: { state: 'waiting' } }]);
  const worker = fakePeer();
  const shell = terminal.join(worker.peer);
  expect(worker.audiences).toEqual([{ have: null, clients: 1, terminal: window, pipe: null }]);
  shell.report({ running: true });
  expect(ada.notices.at(-1)).toEqual({ attached: { state: 'running' } });
});

test('what is typed before the shell runs reaches it, in order', () => {
  const ada = fakePeer();
  const end = terminal.attach(ada.peer, { terminal: window });
  end.type(Buffer.from('one '));
  const worker = fakePeer();
  const shell = terminal.join(worker.peer);
  end.type(Buffer.from('two '));
  shell.report({ running: true });
  end.type(Buffer.from('three'));
  expect(worker.typed.join('')).toBe('one two three');
});

test('typing without end at a shell that is not there is refused', () => {
  const ada = fakePeer();
  const end = terminal.attach(ada.peer, { terminal: window });
  for (const _ of [1, 2]) end.type(Buffer.alloc(40_000));
  expect(ada.peer.closed).toBe(1008);
});

test('everybody sees the same; who comes later gets the end of it first, from the beginning of a line', () => {
  const ada = fakePeer();
  terminal.attach(ada.peer, { terminal: window });
  const shell = terminal.join(fakePeer().peer);
  shell.print(print(10, `first\n${'x'.repeat(70_000)}\nsecond\n`));
  const bob = fakePeer();
  terminal.attach(bob.peer, { terminal: window });
  expect(bob.seen()).toBe('second\n');
  shell.print(print(10 + 6 + 70_001 + 7, 'third\n'));
  expect(ada.seen()).toBe(`first\n${'x'.repeat(70_000)}\nsecond\nthird\n`);
  expect(bob.seen()).toBe('second\nthird\n');
});

test('after cuts on either side nobody misses or gets a byte twice', () => {
  const shell = terminal.join(fakePeer().peer);
  shell.print(print(0, 'abcdef'));
  const ada = fakePeer();
  const end = terminal.attach(ada.peer, { terminal: window, offset: 2 });
  shell.leave(false);
  const worker = fakePeer();
  const again = terminal.join(worker.peer);
  expect(worker.audiences[0]?.have).toBe(6);
  again.print(print(4, 'efgh'));
  expect(ada.seen()).toBe('cdefgh');
  end.leave();
  const back = fakePeer();
  terminal.attach(back.peer, { terminal: window, offset: 7 });
  expect(back.frames).toEqual([{ offset: 7, text: 'h' }]);
});

test('a client ahead of an api that was started anew gets only what follows', () => {
  const ada = fakePeer();
  terminal.attach(ada.peer, { terminal: window, offset: 5 });
  terminal.join(fakePeer().peer).print(print(2, 'cdefg'));
  expect(ada.frames).toEqual([{ offset: 5, text: 'fg' }]);
});

test('the worker knows how many are there and the size of who came or resized last', () => {
  const worker = fakePeer();
  terminal.join(worker.peer);
  const ada = terminal.attach(fakePeer().peer, { terminal: window });
  const bob = terminal.attach(fakePeer().peer, { terminal: { ...window, term: 'linux' } });
  ada.resize({ columns: 100, rows: 40 });
  expect(worker.audiences.at(-1)).toEqual({
    have: null,
    clients: 2,
    terminal: { columns: 100, rows: 40, term: 'xterm' },
    pipe: null,
  });
  bob.leave();
  ada.leave();
  expect(worker.audiences.at(-1)?.clients).toBe(0);
});

test('the shell is read as fast as the fastest takes it, and who is far behind is let go', () => {
  const [fast, slow, worker] = [fakePeer(), fakePeer(), fakePeer()];
  terminal.attach(fast.peer, { terminal: window });
  terminal.attach(slow.peer, { terminal: window });
  const shell = terminal.join(worker.peer);
  slow.peer.buffered = 3_000_000;
  shell.print(print(0, 'x'));
  expect(worker.peer.paused).toBe(false);
  fast.peer.buffered = 300_000;
  shell.print(print(1, 'x'));
  expect(worker.peer.paused).toBe(true);
  slow.peer.buffered = 5_000_000;
  fast.peer.buffered = 0;
  vi.advanceTimersByTime(60);
  expect(slow.peer.closed).toBe(1013);
  expect(fast.peer.closed).toBeUndefined();
  expect(worker.peer.paused).toBe(false);
});

test('a client that takes nothing holds up the shell for ten seconds at most', () => {
  const [stuck, worker] = [fakePeer(), fakePeer()];
  const end = terminal.attach(stuck.peer, { terminal: window });
  const shell = terminal.join(worker.peer);
  stuck.peer.buffered = 300_000;
  shell.print(print(0, 'x'));
  vi.advanceTimersByTime(9_000);
  expect(stuck.peer.closed).toBeUndefined();
  vi.advanceTimersByTime(2_000);
  expect(stuck.peer.closed).toBe(1013);
  end.leave();
  expect(worker.peer.paused).toBe(false);
});

test('a client whose typing the shell does not take is read no further', () => {
  const [ada, worker] = [fakePeer(), fakePeer()];
  const end = terminal.attach(ada.peer, { terminal: window });
  const shell = terminal.join(worker.peer);
  shell.report({ running: true });
  for (const _ of [1, 2, 3, 4, 5]) end.type(Buffer.alloc(60_000));
  expect(ada.peer.paused).toBe(true);
  shell.report({ taken: 120_000 });
  vi.advanceTimersByTime(60);
  expect(ada.peer.paused).toBe(true);
  shell.report({ taken: 180_000 });
  vi.advanceTimersByTime(60);
  expect(ada.peer.paused).toBe(false);
});

test('while the worker is away everybody knows, and what is typed is dropped', () => {
  const [ada, worker, again] = [fakePeer(), fakePeer(), fakePeer()];
  const end = terminal.attach(ada.peer, { terminal: window });
  const shell = terminal.join(worker.peer);
  shell.report({ running: true });
  shell.leave(false);
  expect(ada.notices.at(-1)).toEqual({ attached: { state: 'unreachable' } });
  end.type(Buffer.from('rm -r *'));
  terminal.join(again.peer).report({ running: true });
  expect(ada.notices.at(-1)).toEqual({ attached: { state: 'running' } });
  end.type(Buffer.from('ls'));
  expect(again.typed).toEqual(['ls']);
});

test('a worker that leaves by itself is at the end of its shell: nobody is told that it is away', () => {
  const [ada, worker] = [fakePeer(), fakePeer()];
  terminal.attach(ada.peer, { terminal: window });
  const shell = terminal.join(worker.peer);
  shell.report({ running: true });
  shell.leave(true);
  expect(ada.notices.at(-1)).toEqual({ attached: { state: 'running' } });
});

describe('a shell that reads a pipe', () => {
  const [mine, other] = ['a'.repeat(32), 'b'.repeat(32)];
  const piece = (offset: number, bytes: string | Buffer) => logFrame({ offset, bytes: Buffer.from(bytes) });
  const running = { running: true, pipe: { name: mine, taken: 3, from: 20 } } as const;

  function atPipe() {
    const [feeder, worker] = [fakePeer(), fakePeer()];
    const end = terminal.attach(feeder.peer, { terminal: window, pipe: mine });
    const shell = terminal.join(worker.peer);
    return { feeder, worker, end, shell };
  }

  test('is that of whoever was there first, and that one is told how much has arrived', () => {
    const { feeder, worker, end, shell } = atPipe();
    terminal.attach(fakePeer().peer, { terminal: window });
    expect(worker.audiences.at(-1)).toEqual({ have: null, clients: 2, terminal: window, pipe: mine });
    end.type(piece(0, 'too early'));
    shell.report(running);
    expect(feeder.notices.at(-1)).toEqual({
      attached: { state: 'running', pipe: { yours: true, taken: 3, from: 20 } },
    });
    end.type(piece(3, 'def'));
    expect(worker.frames).toEqual([{ offset: 3, text: 'def' }]);
    shell.report({ taken: 6 });
    expect(feeder.notices.at(-1)).toEqual({ taken: 6 });
    end.eof(6);
    expect(worker.audiences.at(-1)).toEqual({ eof: 6 });
  });

  test('takes nothing of others, who are told', () => {
    const { worker, shell } = atPipe();
    shell.report(running);
    const [bob, eve] = [fakePeer(), fakePeer()];
    terminal.attach(bob.peer, { terminal: window }).type(Buffer.from('exit\n'));
    const end = terminal.attach(eve.peer, { terminal: window, pipe: other });
    end.type(piece(0, 'rm'));
    end.eof(0);
    for (const peer of [bob, eve])
      expect(peer.notices[0]).toMatchObject({ attached: { state: 'running', pipe: { yours: false } } });
    expect(worker.typed).toEqual([]);
  });

  test('has no more on its way than the command has room for', () => {
    const { feeder, worker, end, shell } = atPipe();
    shell.report(running);
    end.type(piece(PIPE_WINDOW, Buffer.alloc(4)));
    expect(feeder.peer.closed).toBe(1008);
    expect(worker.typed).toEqual([]);
  });

  test('goes on where it was after a cut on either side', () => {
    const { feeder, shell } = atPipe();
    shell.report(running);
    shell.leave(false);
    expect(feeder.notices.at(-1)).toMatchObject({ attached: { state: 'unreachable' } });
    const worker = fakePeer();
    const back = terminal.join(worker.peer);
    back.report({ running: true, pipe: { ...running.pipe, taken: 9 } });
    expect(feeder.notices.at(-1)).toMatchObject({ attached: { state: 'running', pipe: { yours: true, taken: 9 } } });
    const anew = fakePeer();
    terminal.attach(anew.peer, { terminal: window, pipe: mine }).type(piece(9, 'more'));
    expect(feeder.peer.closed).toBe(1000);
    expect(terminal.clients).toBe(1);
    expect(worker.frames).toEqual([{ offset: 9, text: 'more' }]);
  });

  test('waits for whoever pipes, however slow that one is; those who look on are let go', () => {
    const { feeder, worker, shell } = atPipe();
    const bob = fakePeer();
    terminal.attach(bob.peer, { terminal: window });
    shell.report(running);
    [feeder.peer.buffered, bob.peer.buffered] = [300_000, 300_000];
    shell.print(print(20, 'x'));
    expect(worker.peer.paused).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect([feeder.peer.closed, bob.peer.closed]).toEqual([undefined, 1013]);
    expect(worker.peer.paused).toBe(true);
    feeder.peer.buffered = 0;
    vi.advanceTimersByTime(60);
    expect(worker.peer.paused).toBe(false);
  });

  test('is a terminal where somebody with one was there before', () => {
    const [ada, bob, worker] = [fakePeer(), fakePeer(), fakePeer()];
    terminal.attach(ada.peer, { terminal: window });
    const end = terminal.attach(bob.peer, { terminal: window, pipe: mine });
    const shell = terminal.join(worker.peer);
    expect(worker.audiences.at(-1)?.pipe).toBeNull();
    shell.report({ running: true });
    expect(bob.notices.at(-1)).toEqual({ attached: { state: 'running' } });
    end.type(piece(0, 'exit'));
    expect(worker.typed).toEqual([]);
  });
});

test('at the end everybody is told the exit status and sent away', () => {
  const [ada, worker] = [fakePeer(), fakePeer()];
  terminal.attach(ada.peer, { terminal: window });
  const shell = terminal.join(worker.peer);
  shell.report({ running: true });
  terminal.end({ status: 7, printed: 9, outcome: 'success' });
  expect(ada.notices.at(-1)).toEqual({ ended: { status: 7, printed: 9, outcome: 'success' } });
  expect([ada.peer.closed, worker.peer.closed]).toEqual([1000, 1000]);
  expect(terminal.isLeft).toBe(true);
});
