import { existsSync, readdirSync, realpathSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';
import { listMounts, mountsBeneath, unmount } from './mounts.ts';

/** Files that are removed without a process for it. */
const FEW = 10;

/**
 * Removes a tree and what is mounted in it: unmounts the deepest first, then deletes without crossing file systems.
 * A tree that is not there is no error.
 *
 * @throws {Failure} `infrastructure-failure` when something was mounted that could only be detached: it may still be in
 *   use, so nothing is deleted now. A later call finishes the work.
 */
export async function removeTree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const tree = realpathSync(path);
  const mounted = mountsBeneath(listMounts(), tree);
  if (mounted.length > 0) await unmountAll(tree, mounted);
  if (removeFlat(tree)) return;
  await execa('rm', ['--recursive', '--force', '--one-file-system', '--', tree]);
}

async function unmountAll(tree: string, mounted: readonly string[]): Promise<void> {
  const busy: string[] = [];
  for (const mount of mounted) {
    if ((await unmount(mount)) === 'detached') busy.push(mount);
  }
  const left = mountsBeneath(listMounts(), tree);
  if (busy.length === 0 && left.length === 0) return;
  throw new Failure('infrastructure-failure', `${tree} is not removed: ${[...busy, ...left].join(', ')} was in use`, {
    hint: 'End the processes that use it (fuser -vm shows them); the worker tries again before its next job.',
  });
}

/**
 * Removes a directory that holds a few files and no directories, and tells whether it did: what most attempts leave is a
 * log, which is not worth a process. Deeper trees are a builder's, of any depth and size, and `rm` copes with those.
 */
function removeFlat(tree: string): boolean {
  try {
    const entries = readdirSync(tree, { withFileTypes: true });
    if (entries.length > FEW || entries.some((entry) => entry.isDirectory())) return false;
    for (const { name } of entries) unlinkSync(join(tree, name));
    rmdirSync(tree);
    return true;
  } catch {
    return false;
  }
}
