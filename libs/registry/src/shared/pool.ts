import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import type { IngestedFile } from '../apt/types.ts';
import { sizeOf, writeDurably } from './durable.ts';

/** Bounded by open files; several, because the disk syncs many in the time of one. */
const COPIES_AT_ONCE = 16;

/** `addToPool` for each of them. */
export async function addAllToPool(root: string, files: readonly IngestedFile[], scratch: string): Promise<void> {
  for (let from = 0; from < files.length; from += COPIES_AT_ONCE) {
    const batch = files.slice(from, from + COPIES_AT_ONCE);
    await Promise.all(batch.map((file) => addToPool(root, file, scratch)));
  }
}

/**
 * Copies a file into the pool, hashing it on the way: what is published is what was ingested, whatever happened to the
 * blob since. A file that is there already was checked when it came.
 *
 * @param root what pool paths start from
 * @throws Failure `publish-failure` when the bytes are not those that were ingested
 */
async function addToPool(root: string, file: IngestedFile, scratch: string): Promise<void> {
  const path = join(root, file.path);
  const present = await sizeOf(path);
  if (present === file.size) return;
  if (present !== undefined) {
    throw new Failure('publish-failure', `${file.path} is in the pool with ${present} bytes instead of ${file.size}`, {
      hint: 'the disk or somebody changed it: restore the pool from the blob store',
    });
  }
  const modified = file.modified === undefined ? undefined : new Date(file.modified * 1000);
  await writeDurably(path, checked(file), scratch, modified);
}

async function* checked(file: IngestedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file.from) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== file.sha256) {
    throw new Failure('publish-failure', `${file.path}: expected sha256 ${file.sha256}, found ${found} while copying`);
  }
}
