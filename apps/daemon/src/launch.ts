import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { READY_FD } from '@fatbuildr/service';
import { execa } from 'execa';
import type { Exit, Output, Part } from './part.ts';

/** A process that was started. */
export interface Launched {
  pid: number | undefined;
  /** Resolves when it is ready; rejects when it ended before or took too long. */
  ready: Promise<void>;
  exited: Promise<Exit>;
  /** SIGTERM, and SIGKILL after the part's deadline. May be called twice. */
  stop(): Promise<Exit>;
}

/**
 * Starts the process of a part, in a session of its own: a terminal's Ctrl-C reaches fatbuildrd only, which then
 * stops its parts in order. Standard input is a pipe whose end tells the process that fatbuildrd died.
 */
export function launch(part: Part, output: Output): Launched {
  const child = execa(part.command, part.args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { [READY_FD]: '3' },
    detached: true,
    buffer: false,
    reject: false,
    forceKillAfterDelay: part.stopWithin,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => output(part.name, line));
  }
  let stopping = false;
  const exited = child.then(({ exitCode, signal, originalMessage }) => {
    if (exitCode === undefined && signal === undefined) output(part.name, originalMessage ?? 'could not be started');
    return { code: exitCode, signal };
  });
  return {
    pid: child.pid,
    ready: untilReady(part, child.stdio[3], exited),
    exited,
    stop() {
      // Once only: a second SIGTERM tells a service to end at once.
      if (!stopping) child.kill('SIGTERM');
      stopping = true;
      return exited;
    },
  };
}

async function untilReady(part: Part, pipe: Readable, exited: Promise<Exit>): Promise<void> {
  const over = new AbortController();
  const said = part.probe?.(over.signal) ?? saidReady(pipe);
  const timer = setTimeout(() => over.abort(new Error(`not ready after ${part.startWithin} ms`)), part.startWithin);
  const tooLate = new Promise<never>((_, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason));
  });
  const ended = exited.then(({ code, signal }) => {
    throw new Error(`ended with ${signal ?? `exit status ${code}`} before it was ready`);
  });
  try {
    await Promise.race([said, tooLate, ended]);
  } finally {
    clearTimeout(timer);
    over.abort();
    pipe.destroy();
  }
}

/** Resolves at the line `ready`, and never when the pipe closes without: then the process ended, or is too late. */
function saidReady(pipe: Readable): Promise<void> {
  return new Promise((resolve) => {
    createInterface({ input: pipe }).on('line', (line) => line === 'ready' && resolve());
  });
}
