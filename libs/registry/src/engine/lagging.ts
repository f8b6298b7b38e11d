import { type IndexList, takes } from '../indexes/list.ts';
import type { Repository } from '../model.ts';
import type { ChangedRow } from '../store/members.ts';
import type { StoredRepository } from '../store/rows.ts';
import type { WriterContext } from './context.ts';

/** Bytes, not compressed, up to which a list is brought up to date with each publication whatever it is. */
const SMALL = 4 << 20;

/** How far a list that may lag is behind. */
export interface Lag {
  /** Rows that came or went since the revision that it shows. */
  rows: ChangedRow[];
  /** When it is to be brought up to date, in milliseconds since the epoch. */
  due: number;
  /** The history that leads from what it shows to what is now is not kept any more: it is to be made anew. */
  isLost: boolean;
}

export function lagOf({ store, lagMs }: WriterContext, repository: StoredRepository, list: IndexList): Lag {
  const shown = store.listRevision(repository, list.key) ?? 0;
  const oldest = store.revisions(repository)?.oldest ?? 0;
  const rows = store.rowsChangedSince(repository, shown).filter((row) => takes(list, row));
  const size = store.shards(repository, list.key).reduce((sum, each) => sum + each.size, 0);
  const written = size <= SMALL ? Number.NEGATIVE_INFINITY : (store.publication(repository, shown)?.created ?? 0);
  return { rows, due: written + lagMs, isLost: shown < oldest };
}

/** When a list of the repository is to be brought up to date that is not; undefined when all are. */
export function nextDue(context: WriterContext, definition: Repository): number | undefined {
  const { store, formatOf } = context;
  const repository = store.find(definition);
  if (typeof repository?.revision !== 'number') return undefined;
  const lags = formatOf(definition)
    .lists(repository.definition, () => false)
    .filter(({ mayLag }) => mayLag)
    .map((list) => lagOf(context, repository, list))
    .filter(({ rows, isLost }) => rows.length > 0 || isLost);
  return lags.length === 0 ? undefined : Math.min(...lags.map(({ due }) => due));
}
