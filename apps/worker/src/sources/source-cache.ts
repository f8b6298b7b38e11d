import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import {
  type CachedFile,
  type ContentCache,
  type ContentCacheOptions,
  createContentCache,
} from '../network/content-cache.ts';

/** The source archives of a host: the file with a sha256 lies at `<directory>/sources/sha256/<digest>`, whoever put it there. */
export function createSourceCache(options: ContentCacheOptions): ContentCache {
  return createContentCache({ ...options, directory: join(options.directory, 'sources') });
}

/** Puts a file into the cache by hand, under its sha256; the file itself stays where it is. */
export async function addSource(cache: ContentCache, path: string): Promise<CachedFile> {
  const writer = await cache.writer();
  try {
    for await (const chunk of createReadStream(path)) await writer.write(chunk as Buffer);
    await writer.finish();
    return await writer.keep();
  } finally {
    await writer.discard();
  }
}
