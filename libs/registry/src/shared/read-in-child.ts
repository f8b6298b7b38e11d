import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Failure } from '@fatbuildr/domain';

export interface ReaderOptions {
  /** Whom the child runs as, when this process is root; it must be able to execute Node and to read our code. */
  uid?: number;
  gid?: number;
  /** Milliseconds; 120,000 by default. */
  timeoutMs?: number;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const OUTPUT_LIMIT = 256 << 20;
const HEAP_MEGABYTES = 1024;

/** What reads a file of one kind. */
export interface ReaderProgram {
  /** Absolute path of a module that is given the file as standard input and its name, and prints JSON. */
  path: string;
  /** What a packager does about a file that it refuses. */
  hint: string;
}

/**
 * Reads a package's file in a process of its own, which may read our code and the file it is given, nothing else: no
 * key, no network credentials, an empty environment (Node's permission model; another user as well, where `uid` says
 * so). Time, memory and output are bounded.
 *
 * @param file whose `name` tells its kind and whose `path` holds the bytes
 * @throws Failure `rejected` when the file is not what its name says or is too costly to read
 */
export async function readInChild<T extends object>(
  program: ReaderProgram,
  file: { path: string; name: string },
  options: ReaderOptions = {},
): Promise<T> {
  await using handle = await open(file.path, 'r');
  const child = spawn(process.execPath, [...restrictions(), program.path, file.name], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: [handle.fd, 'pipe', 'pipe'],
    // A group of its own, so that a decompressor dies with it.
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const kill = () => child.pid !== undefined && killGroup(child.pid);
  const timeoutMs = options.timeoutMs ?? 120_000;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutMs);
  try {
    const [output, complaint, [code, signal]] = await Promise.all([
      collect(child.stdout as Readable, OUTPUT_LIMIT, kill),
      collect(child.stderr as Readable, 64 << 10, () => {}),
      once(child, 'close') as Promise<[number | null, string | null]>,
    ]);
    if (late) throw refusal(program, file.name, `reading it took longer than ${timeoutMs / 1000} s`);
    if (code !== 0)
      throw refusal(program, file.name, `its reader ended by ${signal ?? `exit status ${code}`}`, complaint);
    const result = JSON.parse(output) as T | { unreadable: string };
    if ('unreadable' in result) throw refusal(program, file.name, result.unreadable);
    return result;
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null) kill();
  }
}

/** What Node is told, so that the program can open our code and nothing else. */
export function restrictions(): string[] {
  return [
    '--permission',
    `--allow-fs-read=${ROOT}libs/`,
    `--allow-fs-read=${ROOT}node_modules/`,
    `--allow-fs-read=${ROOT}package.json`,
    // For xz and bzip2; Node warns of it each time.
    '--allow-child-process',
    '--no-warnings',
    `--max-old-space-size=${HEAP_MEGABYTES}`,
  ];
}

function refusal({ hint }: ReaderProgram, name: string, reason: string, cause?: string): Failure {
  return new Failure('rejected', `${name} cannot be published: ${reason}`, {
    hint,
    ...(cause ? { cause: new Error(cause) } : {}),
  });
}

async function collect(stream: Readable, limit: number, tooMuch: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else tooMuch();
  }
  return Buffer.concat(chunks).toString();
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
