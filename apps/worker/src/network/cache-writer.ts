import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { CachedFile } from './content-cache.ts';

/** One file on its way into the cache. Call `finish`, judge what it says, then `keep`; `discard` in any case at the end. */
export interface CacheWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** Everything is on disk; says what it is. Nothing is visible yet. */
  finish(): Promise<{ sha256: string; size: number }>;
  /** Makes the finished file visible under its digest and under `names`. */
  keep(names?: readonly string[]): Promise<CachedFile>;
  /** Throws away what was not kept. May be called at any time and more than once. */
  discard(): Promise<void>;
}

type Keep = (path: string, file: { sha256: string; size: number }, names: readonly string[]) => Promise<CachedFile>;

/** A writer onto the new file `path`; `keepFile` moves it to its place. */
export async function openCacheWriter(path: string, keepFile: Keep): Promise<CacheWriter> {
  let handle: FileHandle | undefined = await open(path, 'wx', 0o644);
  let finished: { sha256: string; size: number } | undefined;
  const hash = createHash('sha256');
  let size = 0;

  async function write(chunk: Uint8Array): Promise<void> {
    if (handle === undefined) throw new Error('the cache writer is closed');
    hash.update(chunk);
    size += chunk.byteLength;
    await handle.writeFile(chunk);
  }

  async function close(): Promise<void> {
    const open = handle;
    handle = undefined;
    await open?.close();
  }

  async function finish(): Promise<{ sha256: string; size: number }> {
    await handle?.sync();
    await close();
    finished ??= { sha256: hash.digest('hex'), size };
    return finished;
  }

  async function keep(names: readonly string[] = []): Promise<CachedFile> {
    if (finished === undefined) throw new Error('an unfinished file cannot be kept');
    return keepFile(path, finished, names);
  }

  async function discard(): Promise<void> {
    await close();
    await rm(path, { force: true });
  }

  return { write, finish, keep, discard };
}
