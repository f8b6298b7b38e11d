import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { every } from './every.ts';

test('runs at once, again and again, never twice at a time, and survives errors', async () => {
  const controller = new AbortController();
  const onError = vi.fn();
  let running = 0;
  let most = 0;
  let runs = 0;
  await every(
    1,
    async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(3);
      running -= 1;
      runs += 1;
      if (runs === 1) throw new Error('first');
      if (runs === 4) controller.abort();
    },
    { signal: controller.signal, onError },
  );
  expect({ runs, most, running }).toEqual({ runs: 4, most: 1, running: 0 });
  expect(onError).toHaveBeenCalledTimes(1);
});

test('ends in the middle of a wait', async () => {
  const controller = new AbortController();
  const done = every(60_000, () => {}, { signal: controller.signal, onError: () => {} });
  await sleep(1);
  controller.abort();
  await expect(done).resolves.toBeUndefined();
});
