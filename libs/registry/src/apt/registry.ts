import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { perKey } from '../shared/one-by-one.ts';
import { revisionsIn } from '../shared/revisions.ts';
import { writeAccess } from './access.ts';
import { layoutOf } from './layout.ts';
import { type WriterContext, writePublication } from './publish.ts';
import { withoutRow } from './rows.ts';
import { openStore } from './store.ts';
import type { AptRegistry } from './types.ts';
import { switchTo } from './write.ts';

/**
 * Opens the APT repositories below `tree`, a directory that any web server may serve (names that start with a dot
 * aside), with the database that describes them. Both belong to one process.
 */
export function openAptRegistry({
  tree,
  database,
  clock = systemClock,
}: {
  tree: string;
  database: string;
  clock?: Clock;
}): AptRegistry {
  const scratch = join(tree, '.incoming');
  mkdirSync(scratch, { recursive: true, mode: 0o755 });
  mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
  const store = openStore(database);
  const context: WriterContext = { tree, scratch, store, clock };
  const oneByOne = perKey();

  return {
    async ensurePublished({ repository, signer, resign = false }) {
      const key = `${repository.instance}/${repository.distribution}`;
      const request = { repository, signer, changes: {}, tasks: [] };
      const { changed } = await oneByOne(key, () => writePublication(context, request, resign));
      return changed;
    },

    publish(request) {
      const { instance, distribution } = request.repository;
      return oneByOne(`${instance}/${distribution}`, () => writePublication(context, request));
    },

    publishAccess: (request) => oneByOne(request.instance, () => writeAccess(tree, request, scratch)),

    list(query) {
      const repository = store.find(query.instance, query.distribution);
      return repository ? store.members(repository, query).map(withoutRow) : [];
    },

    publications({ instance, distribution, limit = 100 }) {
      const repository = store.find(instance, distribution);
      return repository ? store.publications(repository, limit) : [];
    },

    async recover() {
      const result = { finished: 0, forgotten: 0 };
      for (const left of await readdir(scratch)) await rm(join(scratch, left), { recursive: true });
      for (const repository of store.repositories()) {
        const { instance, distribution } = repository.definition;
        const layout = layoutOf(tree, instance, distribution);
        const head = store.publication(repository);
        if (head && (await switchTo(layout, head, scratch))) result.finished += 1;
        for (const revision of await revisionsIn(layout.revisions)) {
          if (revision <= (head?.revision ?? 0)) continue;
          await rm(layout.revision(revision), { recursive: true });
          result.forgotten += 1;
        }
      }
      return result;
    },

    close: () => store.close(),
  };
}
