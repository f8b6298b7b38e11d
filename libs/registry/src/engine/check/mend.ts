import { createHash } from 'node:crypto';
import type { CheckRequest } from '../../model/check.ts';
import { chunksOf, digestFile, writeDurably } from '../../shared/durable.ts';
import type { WriterContext } from '../context.ts';
import type { LostFile } from './pool.ts';

/** Puts whole copies in the place of files of the pool, where there are any. @returns how many */
export async function mendPool(
  { scratch, claims }: WriterContext,
  { copyOf }: CheckRequest,
  lost: readonly LostFile[],
): Promise<number> {
  let mended = 0;
  for (const file of lost) {
    const copy = copyOf?.(file.sha256);
    if (copy === undefined || !(await isWhole(copy, file))) continue;
    const release = claims.hold([file.path]);
    try {
      await writeDurably(file.path, checked(copy, file), scratch);
      mended += 1;
    } finally {
      release();
    }
  }
  return mended;
}

async function isWhole(path: string, { size, sha256 }: LostFile): Promise<boolean> {
  const found = await digestFile(path, size).catch(() => undefined);
  return found?.sha256 === sha256;
}

/** Read once more: what is written is what was checked. */
async function* checked(path: string, { size, sha256 }: LostFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(path, size)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw new Error(`${path} changed while it was read`);
}
