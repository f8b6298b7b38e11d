import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Failure } from '@fatbuildr/domain';
import type { ContainerTerminal, OutputHandler, TerminalDimensions } from './container.ts';

const PROGRAM = fileURLToPath(new URL('./hold_terminal.py', import.meta.url));

/** Bytes typed in one message: the holder reads no further while these are not taken. */
const MESSAGE_LIMIT = 16 * 1024;

/** A terminal as its holder, a process of the host, has it. */
export interface HeldTerminal extends ContainerTerminal {
  /** Its name in the container is `/dev/pts/` and this. */
  readonly number: string;
  /** Lets go of it once the container has ended, and resolves when all that was printed has been taken. */
  release(): Promise<void>;
}

/**
 * Makes a terminal in the container whose init is `init`.
 *
 * @throws {Failure} `infrastructure-failure` where the host has no python3
 */
export async function holdTerminal(
  init: number,
  { columns, rows }: TerminalDimensions,
  onOutput: OutputHandler,
): Promise<HeldTerminal> {
  const holder = spawn('python3', ['-I', '-S', PROGRAM, ...[init, columns, rows].map(String)], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    detached: true,
  });
  holder.stdin.on('error', () => undefined); // its end is told by its output
  const number = Promise.withResolvers<string>();
  const over = pass(holder, number.resolve, onOutput);
  over.then(
    () => number.reject(new Error('it ended at once')),
    (error) => number.reject(error),
  );
  return {
    number: await number.promise.catch((cause: Error) => {
      throw notMade(cause);
    }),
    async type(bytes) {
      for (let start = 0; start < bytes.length && holder.stdin.writable; start += MESSAGE_LIMIT) {
        const piece = bytes.subarray(start, start + MESSAGE_LIMIT);
        const head = Buffer.alloc(5);
        head.write('i');
        head.writeUInt32BE(piece.length, 1);
        if (holder.stdin.write(Buffer.concat([head, piece]))) continue;
        await Promise.race([once(holder.stdin, 'drain'), once(holder.stdin, 'close')]).catch(() => undefined);
      }
    },
    resize(size) {
      const message = Buffer.alloc(5);
      message.write('r');
      message.writeUInt16BE(size.columns, 1);
      message.writeUInt16BE(size.rows, 3);
      holder.stdin.write(message);
    },
    hangUp: () => void holder.kill('SIGTERM'),
    async release() {
      holder.stdin.end();
      await over;
    },
  };
}

/** Reads all that the holder says: a line with the number first, then what is printed. */
async function pass(
  holder: ChildProcessWithoutNullStreams,
  onNumber: (number: string) => void,
  onOutput: OutputHandler,
): Promise<void> {
  const failed = new Promise<never>((_, reject) => holder.once('error', reject));
  failed.catch(() => undefined);
  const closed = once(holder, 'close');
  closed.catch(() => undefined);
  let complaint = '';
  holder.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-2000);
  });
  let head: Buffer | undefined = Buffer.alloc(0);
  const read = async () => {
    for await (const chunk of holder.stdout) {
      if (head === undefined) {
        await onOutput(chunk);
        continue;
      }
      const all: Buffer = Buffer.concat([head, chunk]);
      const end = all.indexOf('\n');
      head = end < 0 ? all : undefined;
      if (end < 0) continue;
      onNumber(all.subarray(0, end).toString());
      if (end + 1 < all.length) await onOutput(all.subarray(end + 1));
    }
    await closed;
  };
  await Promise.race([read(), failed]);
  if (head !== undefined) throw new Error(complaint.trim() || 'it ended at once');
}

function notMade(cause: Error): Failure {
  return new Failure('infrastructure-failure', `no terminal could be made: ${cause.message}`, {
    hint: 'The build host needs python3 for terminals.',
    cause,
  });
}
