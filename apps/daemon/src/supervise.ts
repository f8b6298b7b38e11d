import { backoff, EXIT, type Logger, pause } from '@fatbuildr/service';
import { type Launched, launch } from './launch.ts';
import type { Exit, Output, Part } from './part.ts';

export interface SuperviseOptions {
  log: Logger;
  output: Output;
  /** Waits between restarts, ms: the first and the longest. */
  restart?: { delay: number; maxDelay: number };
}

/** A part that is kept running. */
export interface Supervised {
  /** Resolves when it is ready for the first time; rejects when its configuration is refused, or it is stopped before. */
  ready: Promise<void>;
  /** Stops it for good, within its deadline. May be called again. */
  stop(): Promise<void>;
}

/** A part that ran this long was well: its next restart does not wait long. */
const healthyAfter = 60_000;

/** Starts a part, and starts it again with growing waits whenever it ends or does not become ready. */
export function supervise(part: Part, options: SuperviseOptions): Supervised {
  const { log, output, restart = { delay: 500, maxDelay: 30_000 } } = options;
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {});
  let current: Launched | undefined;
  let wasReady = false;

  async function keepRunning(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const since = Date.now();
      const exit = await runOnce();
      if (stopping.signal.aborted) break;
      if (exit.code === EXIT.config && !wasReady) throw new Error(`${part.name} refuses its configuration`);
      failures = Date.now() - since > healthyAfter ? 1 : failures + 1;
      const wait = backoff(failures, restart);
      log.warn({ part: part.name, ...exit, wait }, 'part ended, starting it again');
      await pause(wait, stopping.signal);
    }
    throw new Error(`${part.name} was stopped`);
  }

  async function runOnce(): Promise<Exit> {
    const launched = launch(part, output);
    current = launched;
    log.info({ part: part.name, pid: launched.pid }, 'part started');
    try {
      await launched.ready;
      log.info({ part: part.name }, 'part ready');
      wasReady = true;
      first.resolve();
    } catch (err) {
      if (!stopping.signal.aborted) log.error({ part: part.name, err }, 'part did not become ready');
      return launched.stop();
    }
    return launched.exited;
  }

  const over = keepRunning().catch((error: unknown) => first.reject(error));
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    stopping.abort();
    await current?.stop();
    await over;
    log.info({ part: part.name }, 'part stopped');
  }

  return { ready: first.promise, stop: () => (stopped ??= stop()) };
}
