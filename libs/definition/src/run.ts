import { spawn } from 'node:child_process';
import { Failure } from '@fatbuildr/domain';

/** A program and what it may do. */
export interface RunOptions {
  cwd: string;
  /** Text for its standard input. */
  input?: string;
  env?: Record<string, string>;
  timeoutMs: number;
  /** Each of the two outputs may have so many bytes. */
  maxOutputBytes: number;
}

/** How a program ended; `status` is null when it was killed. */
export interface RunResult {
  status: number | null;
  stdout: string;
  stderr: string;
  stopped: 'timeout' | 'output' | undefined;
}

/** What every program gets to see of the outside: nothing that differs from host to host. */
const cleanEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/**
 * Runs a program to its end, without a shell, in a clean environment, killed when it takes too long or says too much.
 *
 * @throws Failure `infrastructure-failure` when it cannot be started.
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { cwd, input, env = {}, timeoutMs, maxOutputBytes } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...cleanEnvironment, HOME: cwd, ...env }, detached: true });
    let stopped: RunResult['stopped'];
    const stop = (why: RunResult['stopped']) => {
      stopped ??= why;
      // The whole process group: a shell's child would go on otherwise.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => stop('timeout'), timeoutMs);
    const stdout = collect(child.stdout, maxOutputBytes, () => stop('output'));
    const stderr = collect(child.stderr, maxOutputBytes, () => stop('output'));
    child.once('error', (cause) => {
      clearTimeout(timer);
      const hint = 'It belongs to the tool image; create that anew';
      reject(new Failure('infrastructure-failure', `${command} cannot be run: ${cause.message}`, { cause, hint }));
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, stdout: stdout(), stderr: stderr(), stopped });
    });
    // A program that ends without reading its input is told apart by its status.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
  });
}

function collect(stream: NodeJS.ReadableStream, limit: number, overflow: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) overflow();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
