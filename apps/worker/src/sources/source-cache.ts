import {
  type CachedFile,
  type ContentCache,
  type ContentCacheOptions,
  createContentCache,
} from '../network/content-cache.ts';

/** The source archives of a host: `<directory>/sources/sha256/<digest>`. */
export function createSourceCache(options: ContentCacheOptions): ContentCache {
  return createContentCache(options);
}

/** Puts a file into the cache by hand, under its sha256; the file itself stays where it is. */
export async function addSource(_cache: ContentCache, _path: string): Promise<CachedFile> {
  throw new Error('not written yet');
}
