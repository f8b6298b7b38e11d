import { setImmediate } from 'node:timers/promises';
import type { NeededFile } from '../format.ts';
import type { StoredRepository } from '../store/rows.ts';
import type { WriterContext } from './context.ts';

/** Bounded: each has a manifest of every index. */
const PUBLICATIONS_AT_ONCE = 50;

/** Tells of a path below the `top` of a repository what is to be there; undefined where nothing is. */
export type Needed = (path: string) => NeededFile | undefined;

/**
 * The files of the publications from `oldest` on, those included that come meanwhile: the answer holds in the turn in
 * which it is asked.
 */
export async function neededBy(
  { tree, store, formatOf }: WriterContext,
  repository: StoredRepository,
  oldest: number,
): Promise<{ get: Needed; all: ReadonlyMap<string, NeededFile> }> {
  const { definition } = repository;
  const format = formatOf(definition);
  const all = new Map<string, NeededFile>();
  let known = oldest - 1;
  const learn = (): boolean => {
    const page = store.publicationsAfter(repository, known, PUBLICATIONS_AT_ONCE);
    for (const publication of page) {
      for (const file of format.filesOf(tree, definition, publication)) all.set(file.path, file);
      known = publication.revision;
    }
    return page.length === PUBLICATIONS_AT_ONCE;
  };
  while (learn()) await setImmediate();
  return {
    all,
    get(path) {
      while (learn());
      return all.get(path);
    },
  };
}
