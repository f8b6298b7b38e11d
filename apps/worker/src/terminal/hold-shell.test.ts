import type { ContainerExit } from '@fatbuildr/containers';
import { afterEach, expect, test, vi } from 'vitest';
import type { Job } from '../jobs/job.ts';
import { holdShell, whyOver } from './hold-shell.ts';
import type { SocketEvents } from './link.ts';

const api = vi.hoisted(() => ({ events: undefined as SocketEvents | undefined }));
vi.mock('./connect.ts', () => ({
  connectTerminal(_: unknown, events: SocketEvents) {
    api.events = events;
    return { send: (_data: unknown, sent: () => void) => sent(), close: () => events.closed() };
  },
}));
afterEach(() => vi.useRealTimers());

const shell = { time: { wallMs: 3_600_000, silenceMs: 900_000 }, leftMs: 120_000 };
const opened = 1_000_000;
const why = (after: number, { last = after, left }: { last?: number; left?: number } = {}) =>
  whyOver(shell, { opened, last: opened + last, left: left === undefined ? undefined : opened + left }, opened + after);

test('a shell goes on while somebody is there and something happens', () => {
  expect(why(3_599_999)).toBeUndefined();
  expect(why(899_999, { last: 0 })).toBeUndefined();
  expect(why(120_000, { left: 1 })).toBeUndefined();
});

test('it ends by its time, by silence, and when everybody has left', () => {
  expect(why(3_600_000)).toBe('time');
  expect(why(900_000, { last: 0 })).toBe('silence');
  expect(why(120_001, { left: 1 })).toBe('left');
});

test('its time begins when it is opened, not with the wait for somebody to come', async () => {
  vi.useFakeTimers();
  const exited = Promise.withResolvers<ContainerExit>();
  const end = holdShell(quietJob(), {
    ...shell,
    time: { wallMs: 600_000, silenceMs: 900_000 },
    patienceMs: 900_000,
    start: async () =>
      ({ exited: exited.promise, stop: async () => exited.resolve({ code: 1, signal: null }) }) as never,
  });
  await vi.advanceTimersByTimeAsync(720_000);
  api.events?.text(
    JSON.stringify({ clients: 1, pipe: null, terminal: { columns: 80, rows: 24, term: 'xterm' }, have: 0 }),
  );
  await vi.advanceTimersByTimeAsync(599_000);
  exited.resolve({ code: 0, signal: null });
  expect(await end).toMatchObject({ why: 'exit' });
});

function quietJob(): Job {
  const log = { length: 0, lastWrite: 0, read: () => new Uint8Array(), onWrite: () => () => undefined };
  const nothing = () => undefined;
  return {
    ...{ log, api: {}, signal: new AbortController().signal, untimed: nothing, shellEnded: nothing },
  } as unknown as Job;
}
