import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import { type Logger, type Running, takeLock } from '@fatbuildr/service';
import type { Output, Part } from './part.ts';
import { type Supervised, type SuperviseOptions, supervise } from './supervise.ts';

export interface DaemonOptions {
  config: Config;
  parts: Part[];
  log: Logger;
  output: Output;
  /** Aborts when the start is to be given up. */
  signal: AbortSignal;
  restart?: SuperviseOptions['restart'];
}

/**
 * Starts the parts in order, each when the one before is ready, and stops them in reverse.
 * Holds the lock of the state directory meanwhile; throws {@link LockedError} when another fatbuildrd has it.
 */
export async function startDaemon({ config, parts, log, output, signal, restart }: DaemonOptions): Promise<Running> {
  const { state, cache, run } = config.paths;
  for (const directory of [state, cache, run]) await mkdir(directory, { recursive: true, mode: 0o755 });
  await mkdir(join(state, 'redis'), { recursive: true, mode: 0o700 });
  const release = await takeLock({
    file: join(state, 'fatbuildrd.lock'),
    holder: 'fatbuildrd',
    setting: 'paths.state',
  });
  const started: Supervised[] = [];

  async function stop(): Promise<void> {
    for (const part of started.toReversed()) await part.stop();
    await release();
  }

  signal.addEventListener('abort', () => void started.at(-1)?.stop());
  try {
    for (const part of parts) {
      signal.throwIfAborted();
      await part.prepare?.();
      const supervised = supervise(part, { log, output, ...(restart ? { restart } : {}) });
      started.push(supervised);
      await supervised.ready;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
