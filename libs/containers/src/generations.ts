import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@fatbuildr/domain';
import { execa } from 'execa';
import { listMounts } from './mounts.ts';
import { removeTree } from './remove-tree.ts';

/** What its maker noted about a generation: when, from which recipe, with which versions. JSON. */
export type GenerationMetadata = Record<string, unknown>;

export interface Generation {
  /** Sorts by age. */
  id: string;
  /** The root tree. Never written again once the generation is committed. */
  tree: string;
  metadata: GenerationMetadata;
}

export interface NewGeneration {
  id: string;
  /** An empty directory to fill. */
  tree: string;
  /** Writes everything to disk, puts the generation in its place and makes it the current one. */
  commit(metadata: GenerationMetadata): Promise<Generation>;
  /** Removes what was filled in; nothing happens after a commit. */
  abort(): Promise<void>;
}

const unfinished = '.new-';

/**
 * Begins a generation of the image or environment kept in `directory`. Readers see the old one until `commit`, and
 * a crash leaves only a `.new-…` directory for `collectGenerations`. Several may be made at once; the last commit wins.
 */
export async function createGeneration(directory: string, clock: Clock): Promise<NewGeneration> {
  const stamp = new Date(clock()).toISOString().replace(/[-:]/g, '').replace('.', '');
  const id = `${stamp}-${randomBytes(3).toString('hex')}`;
  const draft = join(directory, unfinished + id);
  const tree = join(draft, 'tree');
  await mkdir(tree, { recursive: true, mode: 0o755 });
  let committed = false;
  return {
    id,
    tree,
    async commit(metadata) {
      await writeDurably(join(draft, 'metadata.json'), `${JSON.stringify(metadata, null, 2)}\n`);
      await execa('sync', ['--file-system', draft]);
      await rename(draft, join(directory, id));
      committed = true;
      await switchCurrent(directory, id);
      return { id, tree: join(directory, id, 'tree'), metadata };
    },
    async abort() {
      if (!committed) await removeTree(draft);
    },
  };
}

/** The generation a job that starts now works on; undefined when none was ever made. */
export async function currentGeneration(directory: string): Promise<Generation | undefined> {
  const id = await readlink(join(directory, 'current')).catch(() => undefined);
  return id === undefined ? undefined : readGeneration(directory, id);
}

/** All complete generations, oldest first. */
export async function listGenerations(directory: string): Promise<Generation[]> {
  const entries = await readdir(directory).catch(() => []);
  const ids = entries.filter((entry) => !entry.startsWith('.') && entry !== 'current').sort();
  return Promise.all(ids.map((id) => readGeneration(directory, id)));
}

/**
 * Removes every generation, finished or not, that is neither current nor in use. A tree below a mounted overlay counts as
 * in use, whoever says what.
 *
 * @param inUse ids that jobs work on and ids that are being made.
 * @returns the ids removed.
 */
export async function collectGenerations(
  directory: string,
  { inUse }: { inUse: ReadonlySet<string> },
): Promise<string[]> {
  const current = await readlink(join(directory, 'current')).catch(() => undefined);
  const mounts = listMounts();
  const removed: string[] = [];
  for (const entry of await readdir(directory).catch(() => [])) {
    const id = entry.startsWith(unfinished) ? entry.slice(unfinished.length) : entry;
    if (entry === 'current' || id === current || inUse.has(id) || !/^\d{8}T/.test(id)) continue;
    const path = join(directory, entry);
    if (mounts.some(({ options }) => options.includes(`${path}/`))) continue;
    await removeTree(path);
    removed.push(id);
  }
  return removed;
}

async function readGeneration(directory: string, id: string): Promise<Generation> {
  const metadata = JSON.parse(await readFile(join(directory, id, 'metadata.json'), 'utf8')) as GenerationMetadata;
  return { id, tree: join(directory, id, 'tree'), metadata };
}

/** A symlink can not be changed in place: a new one takes its name by rename. */
async function switchCurrent(directory: string, id: string): Promise<void> {
  const next = join(directory, `.current-${id}`);
  await symlink(id, next);
  try {
    await rename(next, join(directory, 'current'));
  } finally {
    await rm(next, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
