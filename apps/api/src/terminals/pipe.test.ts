import { logFrame, PIPE_WINDOW } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openTerminal, type Terminal } from './terminal.ts';
import { fakePeer } from './test-peer.ts';

const window = { columns: 80, rows: 24, term: 'xterm' };
let terminal: Terminal;

beforeEach(() => {
  vi.useFakeTimers();
  terminal = openTerminal();
});
afterEach(() => {
  vi.useRealTimers();
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

  test('is sent what comes again once: nobody fills the memory of the farm by repeating it', () => {
    const { feeder, worker, end, shell } = atPipe();
    shell.report(running);
    for (let again = 0; again < 100; again++) {
      end.type(piece(3, 'def'));
      end.type(piece(1, 'bcdefg'));
      end.type(piece(9, 'gap'));
      end.eof(7);
    }
    expect(worker.frames).toEqual([
      { offset: 3, text: 'def' },
      { offset: 6, text: 'g' },
    ]);
    expect(worker.audiences.filter((order) => 'eof' in order)).toHaveLength(1);
    expect(feeder.peer.closed).toBeUndefined();
    shell.report({ ...running, pipe: { ...running.pipe, taken: 6 } });
    end.type(piece(6, 'g'));
    end.eof(7);
    expect(worker.frames.at(-1)).toEqual({ offset: 6, text: 'g' });
    expect(worker.frames).toHaveLength(3);
    expect(worker.audiences.filter((order) => 'eof' in order)).toHaveLength(2);
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
    shell.print({ offset: 20, bytes: Buffer.from('x') });
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
