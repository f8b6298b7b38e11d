import { setTimeout as sleep } from 'node:timers/promises';

export interface EveryOptions {
  /** Ends the loop. */
  signal: AbortSignal;
  /** Told of every error; the loop goes on. */
  onError: (error: unknown) => void;
  /** Up to this share of the interval is added by chance; a tenth by default. */
  jitter?: number;
}

/**
 * Runs `task` now and again `interval` ms after each run ended: runs never overlap.
 * Resolves when the signal has aborted and the run in progress is over.
 */
export async function every(
  interval: number,
  task: () => Promise<void> | void,
  { signal, onError, jitter = 0.1 }: EveryOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await task();
    } catch (error) {
      onError(error);
    }
    await pause(interval * (1 + Math.random() * jitter), signal);
  }
}

/** Waits `ms`, or until the signal aborts; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
