import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTerminal, type Terminal } from './terminal.ts';
import { fakePeer } from './test-peer.ts';

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

test('sizes that come faster than the worker takes them are told once, the last of them', () => {
  const worker = fakePeer();
  terminal.join(worker.peer);
  const ada = terminal.attach(fakePeer().peer, { terminal: window });
  const told = worker.audiences.length;
  worker.peer.buffered = 1024 ** 2;
  for (let columns = 1; columns <= 1000; columns++) ada.resize({ columns, rows: 40 });
  vi.advanceTimersByTime(1000);
  expect(worker.audiences).toHaveLength(told);
  worker.peer.buffered = 0;
  vi.advanceTimersByTime(1000);
  expect(worker.audiences).toHaveLength(told + 1);
  expect(worker.audiences.at(-1)?.terminal).toEqual({ ...window, columns: 1000, rows: 40 });
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
