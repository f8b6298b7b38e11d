import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** How many tries at most; without it, until the signal. */
  attempts?: number;
  /** Before the second try, ms; doubled before each further one. */
  delay?: number;
  /** The longest wait, ms. */
  maxDelay?: number;
  signal?: AbortSignal;
  /** Whether another try makes sense after this error; always, by default. */
  retryable?: (error: unknown) => boolean;
  /** Told before each wait. */
  onRetry?: (error: unknown, attempt: number, wait: number) => void;
}

/**
 * What `attempt` returns, tried again with growing waits while it throws.
 * Throws the last error, or the signal's reason as soon as it aborts.
 */
export async function retry<T>(attempt: (number: number) => Promise<T> | T, options: RetryOptions = {}): Promise<T> {
  const { attempts = Number.POSITIVE_INFINITY, signal, retryable = () => true, onRetry } = options;
  for (let number = 1; ; number += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(number);
    } catch (error) {
      if (number >= attempts || !retryable(error) || signal?.aborted) throw error;
      const wait = backoff(number, options);
      onRetry?.(error, number, wait);
      await sleep(wait, undefined, signal ? { signal } : {});
    }
  }
}

/** The wait before try `number + 1`, ms: doubling, capped, and spread over a quarter so that clients do not march in step. */
export function backoff(
  number: number,
  { delay = 200, maxDelay = 30_000 }: { delay?: number; maxDelay?: number } = {},
): number {
  const full = Math.min(maxDelay, delay * 2 ** Math.min(number - 1, 30));
  return Math.round(full * (0.75 + Math.random() / 4));
}
