import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Failure } from '@fatbuildr/domain';

/** How an archive is packed, by its first bytes. */
export type Packing = 'tar' | 'gz' | 'bz2' | 'xz' | 'lzma' | 'zst' | 'zip';

const signatures: [Packing, number[]][] = [
  ['gz', [0x1f, 0x8b]],
  ['bz2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zst', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['lzma', [0x5d, 0x00, 0x00]],
];

const zipToTar = fileURLToPath(new URL('./zip_to_tar.py', import.meta.url));

/** The program that writes a packed archive as tar; the archive is its standard input, a zip its argument. */
const programs: Record<Packing, (path: string) => [string, ...string[]]> = {
  tar: () => ['cat'],
  gz: () => ['gzip', '-dc'],
  bz2: () => ['bzip2', '-dc'],
  xz: () => ['xz', '-dc', '--memlimit-decompress=1GiB'],
  lzma: () => ['xz', '-dc', '--format=lzma', '--memlimit-decompress=1GiB'],
  zst: () => ['zstd', '-dcq', '--memory=1024MB'],
  zip: (path) => ['python3', '-I', zipToTar, path],
};

/** How the file is packed, told from its bytes: a name may say anything. */
export async function detectPacking(path: string): Promise<Packing> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const start = buffer.subarray(0, bytesRead);
    const found = signatures.find(([, bytes]) => bytes.every((byte, index) => start[index] === byte));
    return found?.[0] ?? 'tar';
  } finally {
    await file.close();
  }
}

/**
 * The bytes of an archive as tar, whatever it is packed with.
 * The stream fails with a Failure `rejected` when the archive is damaged, called `name` in its message.
 */
export function tarStream(path: string, packing: Packing, name: string): Readable {
  return Readable.from(unpacked(path, programs[packing](path), name), { objectMode: false });
}

async function* unpacked(path: string, [command, ...args]: [string, ...string[]], name: string) {
  const file = await open(path);
  const child = spawn(command, args, {
    stdio: [file.fd, 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => {});
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (complaint.length < 1000) complaint += chunk.toString();
  });
  try {
    if (child.stdout) yield* child.stdout;
    const status = await ended.catch((cause: Error) => {
      throw new Failure('infrastructure-failure', `${command} cannot be run: ${cause.message}`, { cause });
    });
    if (status !== 0) throw damaged(name, complaint.trim() || `${command} ended with status ${status}`);
  } finally {
    child.kill('SIGKILL');
    await file.close();
  }
}

export function damaged(name: string, why: string): Failure {
  return new Failure('rejected', `The archive ${name} cannot be read: ${why}`, {
    hint: 'It must be a whole tar (gz, bz2, xz, zst, lzma) or zip: look at what its URL leads to, or send it again',
    where: name,
  });
}
