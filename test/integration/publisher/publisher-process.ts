import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The publisher's own program, as fatbuildrd starts it. */
export interface PublisherProcess {
  /** Fulfilled once it says that it is ready. */
  ready: Promise<void>;
  /** Lines of its log so far. */
  lines: string[];
  /** Resolves to its exit status, null when the signal ended it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('../../../apps/publisher/src/main.ts', import.meta.url));

export function startPublisherProcess(configFile: string): PublisherProcess {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, '--config', configFile], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    env: { PATH: process.env['PATH'], FATBUILDR_READY_FD: '3' },
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout as Readable }).on('line', (line) => lines.push(line));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const ended = exited.then(([code]) => {
    throw new Error(`the publisher ended with ${code} before it was ready:\n${lines.join('\n')}`);
  });
  const ready = Promise.race([once(child.stdio[3] as Readable, 'data'), ended]).then(() => {});
  ready.catch(() => {});
  return {
    ...{ ready, lines },
    async stop(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return (await exited)[0];
    },
  };
}
