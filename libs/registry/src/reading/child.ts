import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { bytesOf } from './bytes.ts';
import { frame, frames, jsonFrame } from './frames.ts';
import { type Answer, type Opening, READ_LIMIT, type Wish } from './protocol.ts';

/**
 * Whom a reading process runs as, when this one is root; it must be able to execute Node and to read our code. As the same
 * user it can start no program, which leaves out what was packed by xz with a dictionary above 64 MiB.
 */
export interface ReadingUser {
  uid?: number;
  gid?: number;
}

/** A file to be read: its bytes, and as what. */
export interface ReadableFile extends Omit<Opening, 'size'> {
  path: string;
}

/** A process that reads one file after the other. */
export interface ReadingChild {
  /** @throws Unread when it took too long or the process ended */
  read(file: ReadableFile, timeoutMs: number): Promise<Answer>;
  ended(): boolean;
  stop(): Promise<void>;
}

/** A reading process that gave no answer; the message tells why. */
export class Unread extends Error {
  override name = 'Unread';
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./program.ts', import.meta.url));
const HEAP_MEGABYTES = 1024;
/** What a package says of itself is parsed at once, while nothing else is done. */
const LARGEST_PACKAGE = 64 << 20;
const LARGEST_LIST = 256 << 20;

/** Starts a reading process: it may read our code, nothing else, and its environment is empty. */
export function startReadingChild({ uid, gid }: ReadingUser): ReadingChild {
  const isOther = uid !== undefined && uid !== process.getuid?.();
  const child = spawn(process.execPath, [...restrictions(isOther), PROGRAM], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that a decompressor dies with it.
    detached: true,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  const end = endOf(child);
  child.stdin.on('error', () => {});
  const messages = frames(child.stdout, LARGEST_LIST);
  return {
    async read(file, timeoutMs) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        killGroup(child);
      }, timeoutMs);
      try {
        return await serve(file, messages, child.stdin);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== undefined) throw cause;
        killGroup(child);
        const { how, complaint } = await end;
        if (late) throw new Unread(`reading it took longer than ${timeoutMs / 1000} s`);
        throw new Unread(`its reader ended by ${how}`, { cause: new Error(complaint, { cause }) });
      } finally {
        clearTimeout(timer);
      }
    },
    ended: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
    async stop() {
      killGroup(child);
      await end;
    },
  };
}

/**
 * What Node is told, so that the program can open our code and nothing else.
 *
 * @param isOther whether it is another user: what it starts is confined by that alone
 */
export function restrictions(isOther: boolean): string[] {
  return [
    '--permission',
    `--allow-fs-read=${ROOT}libs/`,
    `--allow-fs-read=${ROOT}node_modules/`,
    `--allow-fs-read=${ROOT}package.json`,
    // For decompressors; Node warns of it each time.
    ...(isOther ? ['--allow-child-process', '--no-warnings'] : []),
    `--max-old-space-size=${HEAP_MEGABYTES}`,
  ];
}

/** Gives the process the bytes that it asks for, until it answers. */
async function serve(
  { path, ...named }: ReadableFile,
  messages: AsyncGenerator<Buffer>,
  stdin: Writable,
): Promise<Answer> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const bytes = bytesOf(file.fd, size);
  stdin.write(jsonFrame({ ...named, size }));
  for (;;) {
    const { value, done } = await messages.next();
    if (done) throw new Error('no answer');
    if (!named.list && value.length > LARGEST_PACKAGE) throw new Error(`an answer of ${value.length} bytes`);
    const message = JSON.parse(value.toString()) as Answer | Wish;
    if (!('read' in message)) return message;
    const [offset, length] = message.read;
    // Whatever it is, it is bytes of this file or none.
    stdin.write(frame(await bytes.read(Math.max(0, offset), Math.min(READ_LIMIT, Math.max(0, length)))));
  }
}

async function endOf(child: ChildProcess): Promise<{ how: string; complaint: string }> {
  let complaint = '';
  (child.stderr as Readable).on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  const [code, signal] = await (once(child, 'close') as Promise<[number | null, string | null]>).catch(
    (error: Error) => [null, error.message] as const,
  );
  return { how: signal ?? `exit status ${code}`, complaint };
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
