import { realpath } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';
import { listMounts, mountsBeneath, unmount } from './mounts.ts';

/**
 * Removes a tree and what is mounted in it: unmounts the deepest first, then deletes without crossing file systems.
 * A tree that is not there is no error.
 *
 * @throws {Failure} `infrastructure-failure` when something was mounted that could only be detached: it may still be in
 *   use, so nothing is deleted now. A later call finishes the work.
 */
export async function removeTree(path: string): Promise<void> {
  const tree = await realpath(path).catch(() => undefined);
  if (tree === undefined) return;
  const busy: string[] = [];
  for (const mount of mountsBeneath(await listMounts(), tree)) {
    if ((await unmount(mount)) === 'detached') busy.push(mount);
  }
  const left = mountsBeneath(await listMounts(), tree);
  if (busy.length > 0 || left.length > 0) {
    throw new Failure('infrastructure-failure', `${tree} is not removed: ${[...busy, ...left].join(', ')} was in use`, {
      hint: 'End the processes that use it (fuser -vm shows them); the worker tries again before its next job.',
    });
  }
  await execa('rm', ['--recursive', '--force', '--one-file-system', '--', tree]);
}
