import type { Clock } from '@fatbuildr/domain';

/** Takes warnings in the order pino does. */
export interface WarningLog {
  warn(fields: object, message: string): void;
}

export interface ContentCacheOptions {
  /** Made when missing; belongs to the cache alone. */
  directory: string;
  /** Bytes kept; beyond them the least recently used files go. No limit by default. */
  maxBytes?: number;
  /** What was used within this time (ms) stays even beyond `maxBytes`, so that a path handed out remains good. Default one hour. */
  keepMs?: number;
  clock?: Clock;
  log?: WarningLog;
}

export interface CachedFile {
  /** Hex. */
  sha256: string;
  path: string;
  /** Bytes. */
  size: number;
}

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

/**
 * Files by sha256 in a directory, and names (a URL, another hash) that lead to them.
 *
 * All of it may be called concurrently, also by several processes on one directory: files appear whole, by rename.
 */
export interface ContentCache {
  /** Where the file with this sha256 is or would be: a file put there by hand is found. */
  pathOf(sha256: string): string;
  /** The file, if it is there and intact: it is hashed when first used in this process, and dropped with a warning when damaged. */
  get(sha256: string): Promise<CachedFile | undefined>;
  /** The file that `name` leads to, as `get`. */
  find(name: string): Promise<CachedFile | undefined>;
  /** Lets `name` lead to a file that is in the cache. */
  link(name: string, sha256: string): Promise<void>;
  writer(): Promise<CacheWriter>;
}

export function createContentCache(_options: ContentCacheOptions): ContentCache {
  throw new Error('not written yet');
}
