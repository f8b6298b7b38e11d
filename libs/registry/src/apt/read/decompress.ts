import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { UnreadablePackage } from './ar.ts';

/** Compressions that dpkg knows (deb(5)), by the end of a member's name. */
export type Compression = '' | '.gz' | '.xz' | '.zst' | '.bz2' | '.lzma';

/** Bytes that can be read again from any offset. */
export interface Input {
  /** Bytes in all. */
  size: number;
  open(offset: number): Readable;
}

const DECODERS: Record<Compression, (input: Input) => AsyncIterable<Buffer>> = {
  '': (input) => input.open(0),
  '.gz': (input) => through(input.open(0), createGunzip()),
  '.zst': zstdFrames,
  '.xz': (input) => viaProgram('xz', ['-dc', '--format=xz', '--memlimit-decompress=512MiB'], input),
  '.lzma': (input) => viaProgram('xz', ['-dc', '--format=lzma', '--memlimit-decompress=512MiB'], input),
  '.bz2': (input) => viaProgram('bzip2', ['-dc'], input),
};

export function isCompression(suffix: string): suffix is Compression {
  return Object.hasOwn(DECODERS, suffix);
}

/**
 * The plain bytes of `input`; ends in an error once there are more than `limit`.
 *
 * @throws UnreadablePackage
 */
export function decompress(input: Input, compression: Compression, limit: number): Readable {
  return Readable.from(bounded(DECODERS[compression](input), limit), { objectMode: false });
}

async function* bounded(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > limit) throw new UnreadablePackage(`unpacks to more than ${limit} bytes`);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof UnreadablePackage) throw cause;
    throw new UnreadablePackage(`cannot be decompressed: ${(cause as Error).message}`, { cause });
  }
}

/** Node ends at the first frame; a file may be several (RFC 8878, 3). */
async function* zstdFrames(input: Input): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < input.size; ) {
    const decoder = createZstdDecompress();
    yield* through(input.open(offset), decoder);
    if (decoder.bytesWritten === 0) throw new UnreadablePackage('a zstd frame without content');
    offset += decoder.bytesWritten;
  }
}

async function* through(input: Readable, decoder: NodeJS.ReadWriteStream & Readable): AsyncGenerator<Buffer> {
  const fed = pipeline(input, decoder);
  fed.catch(() => {});
  yield* decoder;
  await fed;
}

/** Node has no decoder for it: xz-utils and bzip2 are everywhere that dpkg is. */
async function* viaProgram(program: string, args: string[], input: Input): AsyncGenerator<Buffer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin' } });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(0, 500);
  });
  const fed = pipeline(input.open(0), child.stdin);
  fed.catch(() => {});
  closed.catch(() => {});
  try {
    yield* child.stdout;
    const [code] = await closed;
    if (code !== 0) throw new UnreadablePackage(`${program} says: ${complaint.trim() || `exit status ${code}`}`);
  } finally {
    child.kill('SIGKILL');
  }
}
