import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = join(import.meta.dirname, 'typist.py');

/** How a command ended that ran on a terminal. */
export interface Ended {
  /** Negative: killed by that signal. */
  status: number;
  /** Whether the terminal is as it was found; null when it is gone. */
  restored: boolean | null;
}

/** Somebody at a terminal of their own, on which one command runs. */
export interface Typist {
  /** All that was printed. */
  screen(): string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  signal(name: NodeJS.Signals): void;
  /** Waits until something is printed after what was waited for last. */
  sees(what: string | RegExp, withinMs?: number): Promise<void>;
  /** The window is closed. */
  vanish(): void;
  readonly ended: Promise<Ended>;
}

export interface TypistOptions {
  command: readonly string[];
  env: Record<string, string>;
  columns?: number;
  rows?: number;
}

export function sitDown({ command, env, columns = 80, rows = 24 }: TypistOptions): Typist {
  const child = spawn('python3', [PROGRAM, `${columns}`, `${rows}`, ...command], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const { stdin, stdout } = child as ChildProcess & { stdin: Writable; stdout: Readable };
  let printed = '';
  let read = 0;
  stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  stdin.on('error', () => {}); // the command has ended
  const tell = (message: object) => void stdin.write(`${JSON.stringify(message)}\n`);

  async function report(): Promise<Ended> {
    let text = '';
    for await (const chunk of child.stdio[3] as Readable) text += chunk;
    if (child.exitCode === null) await once(child, 'close');
    return JSON.parse(text) as Ended;
  }

  return {
    screen: () => printed,
    type: (text) => tell({ type: text }),
    resize: (toColumns, toRows) => tell({ resize: [toColumns, toRows] }),
    signal: (name) => tell({ signal: constants.signals[name] }),
    async sees(what, withinMs = 20_000) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const rest = printed.slice(read);
        const at = typeof what === 'string' ? rest.indexOf(what) : rest.search(what);
        if (at >= 0) {
          read += at + (typeof what === 'string' ? what.length : (what.exec(rest)?.[0].length ?? 0));
          return;
        }
        if (Date.now() > deadline) throw new Error(`${what} was not printed within ${withinMs} ms, but:\n${printed}`);
        await sleep(20);
      }
    },
    vanish: () => void stdin.end(),
    ended: report(),
  };
}
