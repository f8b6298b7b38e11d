import { createHash } from 'node:crypto';
import { chown, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { z } from 'zod';
import { createTurns } from '../one-by-one.ts';
import { bytesOf } from './bytes-of.ts';

/** Whose compiler results a directory holds. It is never given to another. */
export interface CompilerCachePlace {
  instance: string;
  format: string;
  distribution: string;
  environment: string;
  architecture: string;
  derivative: string;
  artifact: string;
}

/** A directory that a build writes to. It stays until released. */
export interface UsedCompilerCache {
  readonly root: string;
  release(): Promise<void>;
}

export interface CompilerCachesOptions {
  /** Made when missing; belongs to the caches alone. */
  directory: string;
  /** Beyond so many of them all the least recently used go. */
  maxBytes: number;
  /** What one may hold. ccache keeps to it; one that a build filled otherwise is removed. */
  artifactBytes: number;
  clock?: Clock;
}

/**
 * The directories in which ccache keeps results from one build of an artifact to the next.
 *
 * Whatever builds leave in one is theirs: here nothing in it is read, and no link in it followed.
 */
export interface CompilerCaches {
  readonly artifactBytes: number;
  /** The directory of this place, the property of the user with that number. Several builds may use it at once. */
  use(place: CompilerCachePlace, uid: number): Promise<UsedCompilerCache>;
  /** Removes what is too much. */
  collect(): Promise<void>;
}

const FACTS = 'cache.json';
const RESULTS = 'results';
const Facts = z.object({ bytes: z.number().nullable() });

/** ccache cleans up in parts, and may be a little beyond its limit at any time. */
const SLACK = 1.25;

export function createCompilerCaches(options: CompilerCachesOptions): CompilerCaches {
  const { directory, maxBytes, artifactBytes, clock = systemClock } = options;
  /** How many builds work with each, by path. */
  const uses = new Map<string, number>();
  // What one build begins to use another must not find too old in the same moment.
  const inTurn = createTurns();

  async function note(path: string, place: CompilerCachePlace, bytes: number | null): Promise<void> {
    await writeFile(join(path, FACTS), JSON.stringify({ bytes, place }));
    const now = new Date(clock());
    await utimes(join(path, FACTS), now, now);
  }

  async function release(path: string, place: CompilerCachePlace): Promise<void> {
    const left = (uses.get(path) ?? 0) - 1;
    if (left > 0) uses.set(path, left);
    else uses.delete(path);
    await note(path, place, await bytesOf(path));
    await trim();
  }

  async function trim(): Promise<void> {
    const names = await readdir(directory).catch(() => []);
    const all = await Promise.all(names.map((name) => look(join(directory, name))));
    let total = 0;
    for (const { path, bytes: known } of all.toSorted((a, b) => b.used - a.used)) {
      // Not known of one whose last build the end of the worker cut off.
      const bytes = known ?? (uses.has(path) ? 0 : ((await bytesOf(path)) ?? Number.POSITIVE_INFINITY));
      total += bytes;
      const isTooMuch = bytes > artifactBytes * SLACK || total > maxBytes;
      if (isTooMuch && !uses.has(path)) await removeTree(path);
    }
  }

  return {
    artifactBytes,
    use: (place, uid) =>
      inTurn(async () => {
        const path = join(directory, nameOf(place));
        const root = join(path, RESULTS);
        // Others on this host are to find no way in.
        await mkdir(path, { recursive: true, mode: 0o700 });
        await mkdir(root, { recursive: true });
        await chown(root, uid, uid);
        await note(path, place, null);
        uses.set(path, (uses.get(path) ?? 0) + 1);
        return { root, release: () => inTurn(() => release(path, place)) };
      }),
    collect: () => inTurn(trim),
  };
}

/** Short, whatever the artifact is called. */
function nameOf(place: CompilerCachePlace): string {
  const { instance, format, distribution, environment, architecture, derivative, artifact } = place;
  const parts = [instance, format, distribution, environment, architecture, derivative, artifact];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

async function look(path: string): Promise<{ path: string; bytes: number | null; used: number }> {
  const file = join(path, FACTS);
  const used = (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
  try {
    return { path, bytes: Facts.parse(JSON.parse(await readFile(file, 'utf8'))).bytes, used };
  } catch {
    return { path, bytes: null, used };
  }
}
