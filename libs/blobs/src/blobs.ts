import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Digest, newId } from '@fatbuildr/domain';
import { moveDurably } from './durable.ts';
import { openPartials, type Partials } from './partials.ts';

/** What a stored file is: digest and size in bytes, both measured here. */
export interface Stored {
  sha256: string;
  size: number;
}

/** A stream went past the limit it was given; what it left was removed. */
export class TooLargeError extends Error {
  readonly limit: number;

  constructor(limit: number) {
    super(`more than ${limit} bytes`);
    this.name = 'TooLargeError';
    this.limit = limit;
  }
}

/**
 * Files by sha256 in `<dir>/<first two digits>/<digest>`. A file under its digest is complete and durable.
 * Everything may be called concurrently, also for the same content.
 */
export interface BlobStore {
  /** Stores a stream; when it breaks off nothing remains. Throws {@link TooLargeError} beyond `limit` bytes. */
  put(body: AsyncIterable<Uint8Array>, options?: { limit?: number }): Promise<Stored>;
  has(sha256: string): Promise<boolean>;
  /** Size in bytes, undefined for a blob that is not there. */
  size(sha256: string): Promise<number | undefined>;
  path(sha256: string): string;
  /** `start` and `end` in bytes, both inclusive, as in HTTP ranges. */
  open(sha256: string, range?: { start?: number; end?: number }): Readable;
  /** Everything that is stored. */
  digests(): Promise<string[]>;
  /** A blob that is not there is no error. */
  remove(sha256: string): Promise<void>;
  /** Files on their way in, of resumable uploads. */
  partials: Partials;
}

/** Where the store in `directory` has a blob, for those who only read it. Throws RangeError for what is no digest. */
export function blobPath(directory: string, sha256: string): string {
  if (!Digest.safeParse(sha256).success) throw new RangeError(`not a sha256 digest: ${sha256}`);
  return join(directory, sha256.slice(0, 2), sha256);
}

/** Opens the store in `directory`, made if need be; what interrupted puts left is swept away. */
export async function openBlobs(directory: string): Promise<BlobStore> {
  const temporary = join(directory, 'tmp');
  await mkdir(temporary, { recursive: true });
  for (const leftover of await readdir(temporary)) await rm(join(temporary, leftover));

  const path = (sha256: string) => blobPath(directory, sha256);
  const size = (sha256: string): Promise<number | undefined> =>
    stat(path(sha256)).then(
      (found) => found.size,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      },
    );

  return {
    path,
    size,
    has: async (sha256) => (await size(sha256)) !== undefined,
    open: (sha256, range = {}) => createReadStream(path(sha256), range),
    async digests() {
      const names = await readdir(directory, { recursive: true });
      return names.map((name) => basename(name)).filter((name) => Digest.safeParse(name).success);
    },
    remove: (sha256) => rm(path(sha256), { force: true }),
    async put(body, { limit = Number.MAX_SAFE_INTEGER } = {}) {
      const target = join(temporary, newId());
      try {
        const stored = await writeHashed(target, body, limit);
        await moveDurably(target, path(stored.sha256));
        return stored;
      } catch (error) {
        await rm(target, { force: true });
        throw error;
      }
    },
    partials: await openPartials(join(directory, 'partial'), path),
  };
}

/** Writes and hashes in one pass; on return the bytes are on disk. */
async function writeHashed(target: string, body: AsyncIterable<Uint8Array>, limit: number): Promise<Stored> {
  const hash = createHash('sha256');
  const file = await open(target, 'wx', 0o640);
  try {
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > limit) throw new TooLargeError(limit);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
    return { sha256: hash.digest('hex'), size };
  } finally {
    await file.close();
  }
}
