import { EventEmitter } from 'node:events';
import type { WebSocket } from '@fastify/websocket';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchOver } from './sockets.ts';

function socket() {
  const made = Object.assign(new EventEmitter(), { isPaused: false, terminate: vi.fn(), ping: vi.fn() });
  return { made, watched: made as unknown as WebSocket };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('who answers is kept, who does not is let go', () => {
  const { made, watched } = socket();
  watchOver(watched);
  vi.advanceTimersByTime(15_000);
  expect(made.ping).toHaveBeenCalledOnce();
  made.emit('pong');
  vi.advanceTimersByTime(15_000);
  expect(made.terminate).not.toHaveBeenCalled();
  vi.advanceTimersByTime(15_000);
  expect(made.terminate).toHaveBeenCalledOnce();
  made.emit('close');
  vi.advanceTimersByTime(60_000);
  expect(made.terminate).toHaveBeenCalledOnce();
});

test('who does not read, and so does not answer, is kept while it asks itself', () => {
  const { made, watched } = socket();
  watchOver(watched);
  for (let spent = 0; spent < 60_000; spent += 10_000) {
    vi.advanceTimersByTime(10_000);
    made.emit('ping');
  }
  expect(made.terminate).not.toHaveBeenCalled();
});

test('who is not read cannot be heard, and is kept until it is read again', () => {
  const { made, watched } = socket();
  watchOver(watched);
  made.isPaused = true;
  vi.advanceTimersByTime(60_000);
  expect(made.terminate).not.toHaveBeenCalled();
  made.isPaused = false;
  vi.advanceTimersByTime(45_000);
  expect(made.terminate).toHaveBeenCalled();
});
