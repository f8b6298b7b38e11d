import { createHash, randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { listMounts, removeTree } from '@fatbuildr/containers';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { z } from 'zod';
import { bytesOf } from './bytes-of.ts';

/** Whose build dependencies a layer holds. A layer is never used for another. */
export interface WarmPlace {
  instance: string;
  format: string;
  /** Its repository of the farm's own is known to the package manager in a layer. */
  distribution: string;
  environment: string;
  /** Of the environment: a layer fits on nothing else. */
  generation: string;
  architecture: string;
  derivative: string;
  artifact: string;
}

/** A layer that a build works on. It stays until released. */
export interface UsedLayer {
  /** What was written over the environment, as overlayfs keeps it: read, never written. */
  readonly root: string;
  release(): void;
}

export interface WarmLayersOptions {
  /** Made when missing, on the file system of the workspaces; belongs to the layers alone. */
  directory: string;
  /** Beyond so many the least recently used go. */
  maxBytes: number;
  /** What changes when the machine starts anew: layers are not synced, so those of before may be broken. */
  boot: string;
  clock?: Clock;
}

/**
 * What installing build dependencies over an environment left, kept to be laid under the next build of the same artifact.
 *
 * A layer's key stands for the packages that were installed: who asks has resolved them anew and found the same.
 */
export interface WarmLayers {
  /** The keys of the layers that there are. */
  keys(place: WarmPlace): Promise<string[]>;
  /** Undefined when it is not there any more. */
  use(place: WarmPlace, key: string): Promise<UsedLayer | undefined>;
  /**
   * Moves an upper layer here that nothing is mounted on any more. One that is there already is used instead. Undefined
   * when it lies on another file system, and stays where it is.
   *
   * @throws what the file system says, a full disk for example; the upper layer is then where it was
   */
  keep(place: WarmPlace, key: string, upper: string): Promise<UsedLayer | undefined>;
  /** Removes what belongs to no environment of these generations, what was left unfinished, and what is too much. */
  collect(generations: ReadonlySet<string>): Promise<void>;
}

const Facts = z.object({ boot: z.string(), generation: z.string(), bytes: z.number() });

const FACTS = 'layer.json';
const UPPER = 'upper';
/** Begins the names of what is being made or removed. */
const HIDDEN = '.new-';

interface Found {
  path: string;
  facts: z.infer<typeof Facts> | undefined;
  /** Last used; ms. */
  used: number;
}

export function createWarmLayers({ directory, maxBytes, boot, clock = systemClock }: WarmLayersOptions): WarmLayers {
  /** How many builds work on each layer, by path. */
  const uses = new Map<string, number>();
  /** What is being made or removed now. */
  const hidden = new Set<string>();
  const home = (place: WarmPlace) => join(directory, nameOf(place));

  /** Lends a name that no build finds, and removes what has it afterwards; what resists goes with the next `collect`. */
  async function hiddenly<T>(work: (path: string) => Promise<T>): Promise<T> {
    const path = join(directory, HIDDEN + randomUUID());
    hidden.add(path);
    try {
      return await work(path);
    } finally {
      await removeTree(path).catch(() => {});
      hidden.delete(path);
    }
  }

  function take(path: string): UsedLayer {
    uses.set(path, (uses.get(path) ?? 0) + 1);
    let taken = true;
    return {
      root: join(path, UPPER),
      release() {
        const left = (uses.get(path) ?? 0) - 1;
        if (taken && left > 0) uses.set(path, left);
        else if (taken) uses.delete(path);
        taken = false;
      },
    };
  }

  async function touch(path: string): Promise<void> {
    const now = new Date(clock());
    await utimes(join(path, FACTS), now, now);
  }

  async function isGood(path: string): Promise<boolean> {
    return (await readFacts(path))?.boot === boot && (await isThere(join(path, UPPER)));
  }

  async function use(place: WarmPlace, key: string): Promise<UsedLayer | undefined> {
    const path = join(home(place), key);
    // Before it is looked at: from then on nobody removes it.
    const layer = take(path);
    if (await isGood(path)) {
      await touch(path);
      return layer;
    }
    layer.release();
    return undefined;
  }

  async function keep(place: WarmPlace, key: string, upper: string): Promise<UsedLayer | undefined> {
    const layer = await hiddenly(async (draft) => {
      await mkdir(draft, { recursive: true });
      await mkdir(home(place), { recursive: true });
      const facts = { boot, generation: place.generation, bytes: await bytesOf(upper) };
      await writeFile(join(draft, FACTS), JSON.stringify({ ...facts, place }));
      await touch(draft);
      // Last, so that whatever fails before leaves it to the build that made it.
      if (!(await movedTo(join(draft, UPPER), upper))) return undefined;
      try {
        return await putInPlace(draft, join(home(place), key));
      } catch (error) {
        await rename(join(draft, UPPER), upper);
        throw error;
      }
    });
    // It is good, whatever resists to go.
    await trim().catch(() => {});
    return layer;
  }

  /** Two builds may install the same at once: the second uses what the first kept. */
  async function putInPlace(draft: string, path: string): Promise<UsedLayer> {
    // Broken, or of before the machine started anew.
    if (!(await isGood(path))) await removeUnused([{ path }]);
    const layer = take(path);
    try {
      await rename(draft, path).catch(async (error: NodeJS.ErrnoException) => {
        if (!(await isGood(path))) throw error;
      });
      return layer;
    } catch (error) {
      layer.release();
      throw error;
    }
  }

  async function all(): Promise<Found[]> {
    const places = (await readdir(directory).catch(() => [])).filter((name) => !name.startsWith('.'));
    const found = places.map(async (name) =>
      (await readdir(join(directory, name)).catch(() => [])).map((key) => join(directory, name, key)),
    );
    return Promise.all((await Promise.all(found)).flat().map(look));
  }

  async function removeUnused(layers: readonly Pick<Found, 'path'>[]): Promise<void> {
    const mounts = listMounts();
    for (const { path } of layers) {
      if (mounts.some(({ options }) => options.includes(`${path}/`))) continue;
      await hiddenly(async (away) => {
        // At once, with nothing awaited since the look at who uses it: nobody is to find half of a layer.
        if (!uses.has(path)) moveAway(path, away);
      });
    }
  }

  async function trim(): Promise<void> {
    const newestFirst = (await all()).toSorted((a, b) => b.used - a.used);
    let total = 0;
    const beyond = newestFirst.filter(({ facts }) => {
      total += facts?.bytes ?? 0;
      return total > maxBytes;
    });
    await removeUnused(beyond);
  }

  return {
    async keys(place) {
      const path = home(place);
      const keys = await readdir(path).catch(() => []);
      const good = await Promise.all(keys.map(async (key) => (await readFacts(join(path, key)))?.boot === boot));
      return keys.filter((_, index) => good[index]);
    },
    use,
    keep,
    async collect(generations) {
      const found = (await readdir(directory).catch(() => [])).map((name) => join(directory, name));
      const isHidden = (path: string) => basename(path).startsWith(HIDDEN);
      for (const path of found.filter(isHidden)) if (!hidden.has(path)) await removeTree(path);
      const fits = ({ facts }: Found) => facts?.boot === boot && generations.has(facts.generation);
      await removeUnused((await all()).filter((layer) => !fits(layer)));
      await trim();
      // Of places that have none any more; the others are not empty.
      for (const path of found) if (!isHidden(path)) await rmdir(path).catch(() => {});
    },
  };
}

/** Short, whatever the artifact is called. */
function nameOf(place: WarmPlace): string {
  const { instance, format, distribution, environment, generation, architecture, derivative, artifact } = place;
  const parts = [instance, format, distribution, environment, generation, architecture, derivative, artifact];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

async function look(path: string): Promise<Found> {
  const used = (await stat(join(path, FACTS)).catch(() => undefined))?.mtimeMs ?? 0;
  return { path, facts: await readFacts(path), used };
}

async function readFacts(path: string): Promise<z.infer<typeof Facts> | undefined> {
  const text = await readFile(join(path, FACTS), 'utf8').catch(() => '{}');
  try {
    return Facts.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** False, and nothing done, where the two lie on different file systems. */
async function movedTo(target: string, path: string): Promise<boolean> {
  try {
    await rename(path, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
}

/** Nothing happens where there is nothing. */
function moveAway(path: string, to: string): void {
  try {
    renameSync(path, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
