import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The publisher's own program, as fatbuildrd starts it. */
export interface PublisherProcess {
  /** Lines of its log so far. */
  lines: string[];
  /** Resolves to its exit status, null when the signal ended it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('../../../apps/publisher/src/main.ts', import.meta.url));

/** Starts it and waits until it says that it is ready. */
export async function startPublisherProcess(configFile: string): Promise<PublisherProcess> {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, '--config', configFile], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    env: { PATH: process.env['PATH'], FATBUILDR_READY_FD: '3' },
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout as Readable }).on('line', (line) => lines.push(line));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const ready = once(child.stdio[3] as Readable, 'data');
  const ended = exited.then(([code]) => {
    throw new Error(`the publisher ended with ${code} before it was ready:\n${lines.join('\n')}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => {});
  return {
    lines,
    async stop(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return (await exited)[0];
    },
  };
}
