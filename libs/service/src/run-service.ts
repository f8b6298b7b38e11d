import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import { isSupervised, notifyReady } from './readiness.ts';

/** Exit statuses of a service, from sysexits.h. */
export const EXIT = { ok: 0, internal: 70, config: 78 } as const;

/** A service that runs. */
export interface Running {
  /** Finishes or hands back what it does, then closes everything. Called once. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  log: Logger;
  /** Starts the service and resolves when it can be used. `signal` aborts when it is to stop already. */
  start(signal: AbortSignal): Promise<Running>;
  /** How long a graceful stop may take, ms. */
  stopWithin?: number;
  environment: Record<string, string | undefined>;
}

/**
 * Runs a service as this process, from start to exit.
 *
 * The contract with whoever starts it: `node main.ts --config FILE`; once ready it writes the line `ready` to the
 * descriptor named by FATBUILDR_READY_FD. The first SIGTERM or SIGINT stops it gracefully, within `stopWithin`, and it
 * exits with 0; the second ends it at once. If it was started with FATBUILDR_READY_FD, its standard input is a pipe
 * that nobody writes to: its end means that the parent died, and the service stops as well.
 * An error that nobody caught is logged and ends the process with 70; systemd or fatbuildrd starts it again.
 */
export function runService({ log, start, stopWithin = 30_000, environment }: ServiceOptions): void {
  const stopping = new AbortController();

  const crash = (err: unknown, message: string) => {
    log.fatal({ err }, message);
    process.exit(EXIT.internal);
  };
  process.on('uncaughtException', (error) => crash(error, 'uncaught error'));
  process.on('unhandledRejection', (error) => crash(error, 'unhandled rejection'));

  const started = start(stopping.signal);
  started.then(
    () => {
      if (stopping.signal.aborted) return;
      log.info('ready');
      notifyReady(environment);
    },
    (error: unknown) => {
      if (stopping.signal.aborted) process.exit(EXIT.ok);
      crash(error, 'could not start');
    },
  );

  const stop = async (reason: string) => {
    if (stopping.signal.aborted) process.exit(EXIT.internal);
    log.info({ reason }, 'stopping');
    stopping.abort();
    void sleep(stopWithin, undefined, { ref: false }).then(() => crash(undefined, 'did not stop in time'));
    await started.then((running) => running.stop());
    log.info('stopped');
    process.exit(EXIT.ok);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  if (isSupervised(environment)) process.stdin.resume().once('end', () => void stop('parent gone'));
}

/**
 * Ends the process for a configuration that cannot be used: its message on standard error, exit status 78, which
 * fatbuildrd and systemd take as "do not start it again". Any other error is thrown again.
 */
export function refuseConfig(error: unknown): never {
  if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(EXIT.config);
}
