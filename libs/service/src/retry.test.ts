import { expect, test, vi } from 'vitest';
import { backoff, retry } from './retry.ts';

test('tries again until it works', async () => {
  const onRetry = vi.fn();
  const result = await retry(
    (number) => {
      if (number < 3) throw new Error(`no ${number}`);
      return number;
    },
    { delay: 1, onRetry },
  );
  expect(result).toBe(3);
  expect(onRetry.mock.calls.map(([error, attempt]) => [error.message, attempt])).toEqual([
    ['no 1', 1],
    ['no 2', 2],
  ]);
});

test('gives up with the last error', async () => {
  const attempt = vi.fn(async (number: number) => {
    throw new Error(`no ${number}`);
  });
  await expect(retry(attempt, { attempts: 3, delay: 1 })).rejects.toThrow('no 3');
  expect(attempt).toHaveBeenCalledTimes(3);
});

test('does not try again what cannot work', async () => {
  const attempt = vi.fn(() => {
    throw new TypeError('never');
  });
  await expect(retry(attempt, { retryable: (error) => !(error instanceof TypeError) })).rejects.toThrow('never');
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('stops waiting when the signal aborts', async () => {
  const controller = new AbortController();
  const waiting = retry(
    () => {
      throw new Error('no');
    },
    { delay: 60_000, signal: controller.signal, onRetry: () => setImmediate(() => controller.abort()) },
  );
  await expect(waiting).rejects.toThrow(/abort/i);
});

test('waits double up to the longest', () => {
  const options = { delay: 100, maxDelay: 1000 };
  expect(backoff(1, options)).toBeGreaterThanOrEqual(75);
  expect(backoff(1, options)).toBeLessThanOrEqual(100);
  expect(backoff(3, options)).toBeGreaterThanOrEqual(300);
  expect(backoff(3, options)).toBeLessThanOrEqual(400);
  expect(backoff(500, options)).toBeLessThanOrEqual(1000);
});
