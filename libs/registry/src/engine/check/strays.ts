import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { RepositoryRef } from '../../model/repository.ts';
import { directoriesBelow } from '../../shared/directories.ts';
import type { StoredRepository } from '../../store/rows.ts';
import { neededBy } from '../needed.ts';
import type { Reading } from './reading.ts';

const COLLECTED = 'nothing: the collection removes it once it is older than what it keeps (fatbuildrctl registry gc)';
const BY_HAND = 'see what it is and who put it there, and delete it by hand';

/** Tells of files that nothing names: in the pool, among the indexes, and beside them. */
export async function checkStrays(
  { context, request, tell }: Reading,
  ref: Omit<RepositoryRef, 'distribution'>,
  repositories: readonly StoredRepository[],
): Promise<void> {
  const { store, tree, claims, formatOf } = context;
  const format = formatOf(ref);
  const root = format.root(tree, ref.instance);
  const indexes = await Promise.all(
    repositories.map(async (repository) => ({
      top: `${format.top(tree, repository.definition)}/`,
      needed: await neededBy(context, repository, 0),
    })),
  );
  const access = new Set(repositories.map(({ definition }) => format.accessPath(tree, definition)));
  for await (const { path: directory, entries } of directoriesBelow(root)) {
    request.signal?.throwIfAborted();
    await setImmediate();
    for (const path of entries.map((name) => join(directory, name))) {
      if (claims.isHeld(path) || access.has(path)) continue;
      const among = indexes.find(({ top }) => path.startsWith(top));
      const isPooled = path.startsWith(join(root, 'pool/'));
      const isNamed = isPooled ? store.namersOf(ref, relative(root, path)).length > 0 : among?.needed.get(path);
      if (isNamed) continue;
      const hint = isPooled || among ? COLLECTED : BY_HAND;
      tell(ref.format, path, { kind: 'foreign', message: 'no package and no publication names it', hint });
    }
  }
}
