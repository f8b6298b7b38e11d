import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Id } from '@fatbuildr/domain';
import type { Stored } from './blobs.ts';
import { moveDurably } from './durable.ts';

/** The bytes do not begin where the file ends; `length` is where. */
export class OffsetError extends Error {
  readonly length: number;

  constructor(length: number) {
    super(`the file has ${length} bytes`);
    this.name = 'OffsetError';
    this.length = length;
  }
}

/** Ends the second name of a file that is becoming a blob. */
const DRAFT = '.blob';

/** Files that arrive piece by piece, by id. One writer at a time for each; they survive a restart. */
export interface Partials {
  create(id: string): Promise<void>;
  /** Bytes so far. Throws ENOENT for one that was never created. */
  length(id: string): Promise<number>;
  /**
   * Appends a stream at `offset` and returns the new length. What arrived before a stream broke off is kept.
   * Throws {@link OffsetError} for another offset; bytes past `limit` are not written.
   */
  append(id: string, offset: number, body: AsyncIterable<Uint8Array>, limit: number): Promise<number>;
  /**
   * Makes it a blob under its digest, which is computed here from what is on disk. It stays as well until it is
   * removed: whoever dies before the blob was noted finishes it again.
   */
  finish(id: string): Promise<Stored>;
  remove(id: string): Promise<void>;
  ids(): Promise<string[]>;
  /** When it grew last, ms. */
  modified(id: string): Promise<number>;
}

/** `blobPath` is where a finished file belongs. */
export async function openPartials(directory: string, blobPath: (sha256: string) => string): Promise<Partials> {
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(directory)) if (name.endsWith(DRAFT)) await rm(join(directory, name));
  const path = (id: string): string => join(directory, Id.parse(id));
  const length = async (id: string): Promise<number> => (await stat(path(id))).size;

  return {
    length,
    create: async (id) => (await open(path(id), 'wx', 0o640)).close(),
    remove: (id) => rm(path(id), { force: true }),
    modified: async (id) => (await stat(path(id))).mtimeMs,
    ids: async () => (await readdir(directory)).filter((name) => Id.safeParse(name).success),
    async append(id, offset, body, limit) {
      const file = await open(path(id), constants.O_WRONLY | constants.O_APPEND);
      try {
        let position = (await file.stat()).size;
        if (position !== offset) throw new OffsetError(position);
        for await (const chunk of body) {
          const fits = chunk.subarray(0, Math.max(0, limit - position));
          if (fits.length > 0) await file.writeFile(fits);
          position += fits.length;
          if (fits.length < chunk.length) break;
        }
        return position;
      } finally {
        await file.sync();
        await file.close();
      }
    },
    async finish(id) {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of createReadStream(path(id)) as AsyncIterable<Uint8Array>) {
        hash.update(chunk);
        size += chunk.length;
      }
      const sha256 = hash.digest('hex');
      const draft = path(id) + DRAFT;
      await link(path(id), draft);
      try {
        // As old as a blob that came just now, however long it lay here.
        await utimes(draft, new Date(), new Date());
        await moveDurably(draft, blobPath(sha256));
      } finally {
        // Still there after a rename onto another name of the same file (rename(2)).
        await rm(draft, { force: true });
      }
      return { sha256, size };
    },
  };
}
