import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readlink, rename, rm, stat, symlink, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { type CacheWriter, openCacheWriter } from './cache-writer.ts';

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

/** Leftovers of a process that died while writing are older than this (ms). */
const PARTIAL_AGE = 24 * 3_600_000;

export function createContentCache(options: ContentCacheOptions): ContentCache {
  const { directory, maxBytes = Number.POSITIVE_INFINITY, keepMs = 3_600_000, clock = systemClock, log } = options;
  const folder = {
    files: join(directory, 'sha256'),
    names: join(directory, 'names'),
    partial: join(directory, 'partial'),
  };
  /** Least recently used first: a Map iterates in the order of insertion. */
  const entries = new Map<string, { size: number; usedAt: number }>();
  /** Digest → whether the file of that size was found intact, asked once in this process. */
  const checked = new Map<string, { size: number; intact: Promise<boolean> }>();
  let total = 0;
  let loading: Promise<void> | undefined;

  const pathOf = (sha256: string): string => join(folder.files, sha256);
  const nameOf = (name: string): string => join(folder.names, createHash('sha256').update(name).digest('hex'));

  function forget(sha256: string): void {
    total -= entries.get(sha256)?.size ?? 0;
    entries.delete(sha256);
    checked.delete(sha256);
  }

  function note(sha256: string, size: number, usedAt: number): void {
    total += size - (entries.get(sha256)?.size ?? 0);
    entries.delete(sha256);
    entries.set(sha256, { size, usedAt });
  }

  /** The order of use survives a restart in the files' times. */
  async function use(sha256: string, size: number): Promise<void> {
    const usedAt = clock();
    note(sha256, size, usedAt);
    // Another process may have evicted the file meanwhile: whoever opens it finds out.
    await utimes(pathOf(sha256), usedAt / 1000, usedAt / 1000).catch(() => {});
  }

  async function load(): Promise<void> {
    for (const path of Object.values(folder)) await mkdir(path, { recursive: true });
    const found = [];
    for (const sha256 of (await readdir(folder.files)).filter(isSha256)) {
      const file = await fileAt(pathOf(sha256));
      if (file !== undefined) found.push({ sha256, ...file });
    }
    for (const file of found.sort((a, b) => a.usedAt - b.usedAt)) note(file.sha256, file.size, file.usedAt);
    for (const name of await readdir(folder.names)) {
      const target = await targetOf(join(folder.names, name));
      if (target === undefined || !entries.has(target)) await rm(join(folder.names, name), { force: true });
    }
    for (const name of await readdir(folder.partial)) {
      const file = await fileAt(join(folder.partial, name));
      if (file !== undefined && file.usedAt < clock() - PARTIAL_AGE)
        await rm(join(folder.partial, name), { force: true });
    }
  }

  /** Retried by the next call when it fails. */
  function ready(): Promise<void> {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }

  function intact(sha256: string, size: number): Promise<boolean> {
    const known = checked.get(sha256);
    if (known?.size === size) return known.intact;
    const answer = sha256Of(pathOf(sha256)).then(async (actual) => {
      if (actual === sha256) return true;
      forget(sha256);
      await rm(pathOf(sha256), { force: true });
      log?.warn({ path: pathOf(sha256), actual }, 'a damaged file was dropped from the cache');
      return false;
    });
    checked.set(sha256, { size, intact: answer });
    answer.catch(() => checked.delete(sha256));
    return answer;
  }

  async function evict(kept: string): Promise<void> {
    for (const [sha256, entry] of entries) {
      if (total <= maxBytes || sha256 === kept || entry.usedAt > clock() - keepMs) return;
      forget(sha256);
      await rm(pathOf(sha256), { force: true });
    }
  }

  async function get(sha256: string): Promise<CachedFile | undefined> {
    if (!isSha256(sha256)) return undefined;
    await ready();
    const path = pathOf(sha256);
    const file = await fileAt(path);
    if (file === undefined) {
      forget(sha256);
      return undefined;
    }
    if (!(await intact(sha256, file.size))) return undefined;
    await use(sha256, file.size);
    return { sha256, path, size: file.size };
  }

  async function find(name: string): Promise<CachedFile | undefined> {
    await ready();
    const target = await targetOf(nameOf(name));
    return target === undefined ? undefined : get(target);
  }

  async function link(name: string, sha256: string): Promise<void> {
    const temporary = join(folder.partial, randomUUID());
    await symlink(join('..', 'sha256', sha256), temporary);
    await rename(temporary, nameOf(name));
  }

  async function keep(
    temporary: string,
    file: { sha256: string; size: number },
    names: readonly string[],
  ): Promise<CachedFile> {
    const path = pathOf(file.sha256);
    await rename(temporary, path);
    checked.set(file.sha256, { size: file.size, intact: Promise.resolve(true) });
    await use(file.sha256, file.size);
    for (const name of names) await link(name, file.sha256);
    await evict(file.sha256);
    return { ...file, path };
  }

  async function writer(): Promise<CacheWriter> {
    await ready();
    return openCacheWriter(join(folder.partial, randomUUID()), keep);
  }

  return { pathOf, get, find, link, writer };
}

function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

async function fileAt(path: string): Promise<{ size: number; usedAt: number } | undefined> {
  const found = await stat(path).catch(ignoreMissing);
  return found?.isFile() === true ? { size: found.size, usedAt: found.mtimeMs } : undefined;
}

async function targetOf(link: string): Promise<string | undefined> {
  const target = await readlink(link).catch(ignoreMissing);
  return target === undefined ? undefined : basename(target);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
