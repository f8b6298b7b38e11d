import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import type { IngestedFile } from '../model/package.ts';
import { chunksOf, sizeOf } from './durable.ts';
import { sideBySide, type Wave } from './wave.ts';

/**
 * Stages files for the pool, hashing what is copied: what is published is what was ingested, whatever happened to the
 * blob since. A file that is there already was checked when it came.
 *
 * @param root what pool paths start from
 * @throws Failure `publish-failure` when the bytes are not those that were ingested
 */
export async function addToPool(root: string, files: readonly IngestedFile[], wave: Wave): Promise<void> {
  await sideBySide(files, async (file) => {
    const path = join(root, file.path);
    const present = await sizeOf(path);
    if (present === file.size) return;
    if (present !== undefined) throw strangeSize(file, present);
    const modified = file.modified === undefined ? undefined : new Date(file.modified * 1000);
    wave.place(file.staged ? file.from : await wave.stage(checked(file), modified), path);
  });
}

/** @throws Failure `publish-failure` when one of them is not in the pool, whole as far as its size tells */
export async function checkPool(root: string, files: readonly { path: string; size: number }[]): Promise<void> {
  await sideBySide(files, async (file) => {
    const found = await sizeOf(join(root, file.path));
    if (found !== file.size) throw strangeSize(file, found);
  });
}

function strangeSize({ path, size }: { path: string; size: number }, found: number | undefined): Failure {
  const what = found === undefined ? 'is not in the pool' : `is in the pool with ${found} bytes instead of ${size}`;
  return new Failure('publish-failure', `${path} ${what}`, {
    hint: 'the disk or somebody changed it: fatbuildrctl registry check names all that is damaged, and mends what it can',
  });
}

async function* checked(file: IngestedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(file.from, file.size)) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== file.sha256) {
    throw new Failure('publish-failure', `${file.path}: expected sha256 ${file.sha256}, found ${found} while copying`, {
      hint: 'the blob store is damaged: build the package again',
    });
  }
}
