import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import xz from 'xz-decompress';
import type { Bytes } from '../../reading/bytes.ts';
import { unpackBzip2 } from '../../reading/decompress/bzip2.ts';
import { unpackLzma } from '../../reading/decompress/lzma.ts';
import { UnreadablePackage } from './ar.ts';

/** Compressions that dpkg knows (deb(5)), by the end of a member's name. */
export type Compression = '' | '.gz' | '.xz' | '.zst' | '.bz2' | '.lzma';

/**
 * Whether a program may be started: not by a reader who is the same user as the keys' owner, since Node's permission
 * model ends at a program.
 */
const MAY_START = process.permission?.has('child') ?? true;

const DECODERS: Record<Compression, (input: Bytes) => AsyncIterable<Buffer>> = {
  '': (input) => chunks(input),
  '.gz': (input) => through(chunks(input), createGunzip()),
  '.zst': zstdFrames,
  '.xz': MAY_START ? unxz : unxzHere,
  '.lzma': (input) => unpackLzma(chunks(input)),
  '.bz2': (input) => unpackBzip2(chunks(input)),
};

export function isCompression(suffix: string): suffix is Compression {
  return Object.hasOwn(DECODERS, suffix);
}

/**
 * The plain bytes of `input`; ends in an error once there are more than `limit`.
 *
 * @throws UnreadablePackage
 */
export function decompress(input: Bytes, compression: Compression, limit: number): Readable {
  return Readable.from(bounded(DECODERS[compression](input), limit), { objectMode: false });
}

async function* bounded(plain: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of plain) {
      size += chunk.length;
      if (size > limit) throw new UnreadablePackage(`unpacks to more than ${limit} bytes`);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof UnreadablePackage) throw cause;
    throw new UnreadablePackage(`cannot be decompressed: ${(cause as Error).message}`, { cause });
  }
}

const CHUNK = 256 << 10;

async function* chunks(input: Bytes, from = 0): AsyncGenerator<Buffer> {
  for (let offset = from; offset < input.size; offset += CHUNK) yield await input.read(offset, CHUNK);
}

/** The start of a program takes longer than the unpacking of so few bytes here. */
const SMALL = 512 << 10;
const SMALL_UNPACKED = 16 << 20;

/** The first stream alone, as dpkg does and `unxzHere` too. */
async function* unxz(input: Bytes): AsyncGenerator<Buffer> {
  const plain = input.size <= SMALL ? await unxzSmall(input) : undefined;
  yield* plain ?? viaXz(input);
}

async function* unxzHere(input: Bytes): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, length } of new xz.XzReadableStream(ReadableStream.from(chunks(input)))) {
    yield Buffer.from(buffer, byteOffset, length);
  }
}

/** Undefined for what is not small after all, or unusual or damaged: xz itself knows best. */
async function unxzSmall(input: Bytes): Promise<Buffer[] | undefined> {
  const plain: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of unxzHere(input)) {
      size += chunk.length;
      if (size > SMALL_UNPACKED) return undefined;
      plain.push(chunk);
    }
  } catch {
    return undefined;
  }
  return plain;
}

/** Node ends at the first frame; a file may be several (RFC 8878, 3). */
async function* zstdFrames(input: Bytes): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < input.size; ) {
    const decoder = createZstdDecompress();
    yield* through(chunks(input, offset), decoder);
    if (decoder.bytesWritten === 0) throw new UnreadablePackage('a zstd frame without content');
    offset += decoder.bytesWritten;
  }
}

async function* through(
  input: AsyncIterable<Buffer>,
  decoder: NodeJS.ReadWriteStream & Readable,
): AsyncGenerator<Buffer> {
  const fed = pipeline(input, decoder);
  fed.catch(() => {});
  yield* decoder;
  await fed;
}

/** Quicker than what is within the process. */
async function* viaXz(input: Bytes): AsyncGenerator<Buffer> {
  const args = ['-dc', '--format=xz', '--single-stream', '--memlimit-decompress=512MiB'];
  const child = spawn('xz', args, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin' } });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(0, 500);
  });
  const fed = pipeline(chunks(input), child.stdin);
  fed.catch(() => {});
  closed.catch(() => {});
  try {
    yield* child.stdout;
    const [code] = await closed;
    if (code !== 0) throw new UnreadablePackage(`xz says: ${complaint.trim() || `exit status ${code}`}`);
  } finally {
    child.kill('SIGKILL');
  }
}
