import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { perKey } from '../shared/one-by-one.ts';
import { revisionsIn } from '../shared/revisions.ts';
import { writeRpmAccess } from './access.ts';
import { rpmLayoutOf, snapshotOf, targetsOf } from './layout.ts';
import { type RpmWriterContext, withoutRpmRow, writeRpmPublication } from './publish.ts';
import { openRpmStore } from './store.ts';
import type { RpmRegistry } from './types.ts';
import { switchRpmTo } from './write.ts';

/**
 * Opens the RPM repositories below `tree`, a directory that any web server may serve that follows symbolic links within
 * it, with the database that describes them, which may be that of the APT repositories. Both belong to one process.
 */
export function openRpmRegistry({
  tree,
  database,
  clock = systemClock,
}: {
  tree: string;
  database: string;
  clock?: Clock;
}): RpmRegistry {
  const scratch = join(tree, '.incoming-rpm');
  mkdirSync(scratch, { recursive: true, mode: 0o755 });
  mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
  const store = openRpmStore(database);
  const context: RpmWriterContext = { tree, scratch, store, clock };
  const oneByOne = perKey();

  return {
    async ensurePublished({ repository, signer, resign = false }) {
      const key = `${repository.instance}/${repository.distribution}`;
      const request = { repository, signer, changes: {}, tasks: [] };
      const { changed } = await oneByOne(key, () => writeRpmPublication(context, request, resign));
      return changed;
    },

    publish(request) {
      const { instance, distribution } = request.repository;
      return oneByOne(`${instance}/${distribution}`, () => writeRpmPublication(context, request));
    },

    publishAccess: (request) => oneByOne(request.instance, () => writeRpmAccess(tree, request, scratch)),

    list(query) {
      const repository = store.find(query.instance, query.distribution);
      return repository ? store.members(repository, query).map(withoutRpmRow) : [];
    },

    publications({ instance, distribution, limit = 100 }) {
      const repository = store.find(instance, distribution);
      return repository ? store.publications(repository, limit) : [];
    },

    async recover() {
      const result = { finished: 0, forgotten: 0 };
      for (const left of await readdir(scratch)) await rm(join(scratch, left), { recursive: true });
      for (const repository of store.repositories()) {
        const { definition } = repository;
        const layout = rpmLayoutOf(tree, definition.instance, definition.distribution);
        const head = store.publication(repository);
        if (head && (await switchRpmTo(layout, head, definition, scratch))) result.finished += 1;
        const abandoned = new Set<number>();
        for (const target of targetsOf(definition)) {
          const directory = layout.directory(target);
          for (const revision of await revisionsIn(join(layout.top, directory, 'snapshots'))) {
            if (revision <= (head?.revision ?? 0)) continue;
            await rm(join(layout.top, snapshotOf(directory, revision)), { recursive: true });
            abandoned.add(revision);
          }
        }
        result.forgotten += abandoned.size;
      }
      return result;
    },

    close: () => store.close(),
  };
}
