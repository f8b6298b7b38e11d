import { type IndexList, takes } from '../indexes/list.ts';
import type { Repository } from '../model/repository.ts';
import type { ChangedRow } from '../store/members.ts';
import type { StoredRepository } from '../store/rows.ts';
import type { WriterContext } from './context.ts';

/** Bytes, not compressed, up to which a list is brought up to date with each publication whatever it is. */
const SMALL = 4 << 20;

/** When a list is to be brought up to date, should it be behind: in milliseconds since the epoch. */
export function dueOf({ store, lagMs }: WriterContext, repository: StoredRepository, { key }: IndexList): number {
  const size = store.shards(repository, key).reduce((sum, each) => sum + each.size, 0);
  if (size <= SMALL) return Number.NEGATIVE_INFINITY;
  const shown = store.listRevision(repository, key) ?? 0;
  return (store.publication(repository, shown)?.created ?? 0) + lagMs;
}

/** The rows that came or went since the revision that a list shows: a collection keeps them until it has them. */
export function missedBy({ store }: WriterContext, repository: StoredRepository, list: IndexList): ChangedRow[] {
  const shown = store.listRevision(repository, list.key) ?? 0;
  return store.rowsChangedSince(repository, shown).filter((row) => takes(list, row));
}

/** When a list of the repository is to be brought up to date that is behind; undefined when none is. */
export function nextDue(context: WriterContext, definition: Repository): number | undefined {
  const { store, formatOf } = context;
  const repository = store.find(definition);
  if (typeof repository?.revision !== 'number') return undefined;
  const behind = formatOf(definition)
    .lists(repository.definition, () => false)
    .filter((list) => list.mayLag && store.isBehind(repository, list.key, list));
  return behind.length === 0 ? undefined : Math.min(...behind.map((list) => dueOf(context, repository, list)));
}
