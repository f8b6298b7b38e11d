import type { RepositoryFormat } from '../format.ts';
import type { Repository } from '../model/repository.ts';
import type { StoredRepository } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { RepositoryView } from './plan.ts';

/** A repository for plans: as stored, empty where it is not. */
export function viewOf(
  store: Store,
  format: RepositoryFormat,
  definition: Repository,
  stored: StoredRepository | undefined,
): RepositoryView {
  return {
    format,
    definition,
    versions: (name) => (stored ? store.versions(stored, name) : []),
    present: (selector) => (stored ? store.members(stored, selector) : []),
    former: (facts) => stored && store.former(stored, facts),
  };
}
