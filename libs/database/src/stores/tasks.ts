import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { TaskRow } from '../tables.ts';

export interface TaskFilter {
  /** Of any of these. */
  instances?: readonly string[] | undefined;
  instance?: string | undefined;
  state: 'active' | 'done' | 'all';
  artifact?: string | undefined;
  distribution?: string | undefined;
  outcome?: string | undefined;
}

/** A place in a list that is ordered by (created, id). */
export interface Position {
  created: number;
  id: string;
}

const SUBJECT = ['tasks.id', 'tasks.kind', 'tasks.artifact', 'tasks.distribution'] as const;
/** What a task is about, as far as its duration depends on it. */
export type Subject = Pick<TaskRow, 'id' | 'kind' | 'artifact' | 'distribution'>;

export type TaskStore = ReturnType<typeof taskStore>;

export function taskStore(sql: Statements) {
  const between = sql.all((from: string, to: string) =>
    kysely.selectFrom('tasks').selectAll().where('id', '>=', from).where('id', '<', to).limit(2),
  );
  const lists = {
    active: sql.all((...page: Page) => listed(...page).where('state', '<>', 'done')),
    done: sql.all((...page: Page) => listed(...page).where('state', '=', 'done')),
    all: sql.all(listed),
  };
  return {
    insert: sql.run((task: TaskRow) => kysely.insertInto('tasks').values(task)),
    get: sql.first((id: string) => kysely.selectFrom('tasks').selectAll().where('id', '=', id)),
    /** Up to two tasks whose ids begin so. */
    withPrefix: (prefix: string) => between(prefix, `${prefix}~`),
    update: sql.run((id: string, changes: Partial<TaskRow>) =>
      kysely.updateTable('tasks').set(changes).where('id', '=', id),
    ),
    /** Newest first, from before `position` on. */
    list: ({ state, ...filter }: TaskFilter, limit: number, position?: Position) =>
      lists[state](filter, limit, position),
    /** The newest task of a kind that is no dry run. */
    latest: sql.first((instance: string, kind: string) =>
      kysely
        .selectFrom('tasks')
        .selectAll()
        .where('instance', '=', instance)
        .where('kind', '=', kind)
        .where('dryRun', '=', 0)
        .orderBy('created', 'desc')
        .limit(1),
    ),
    /** What every task that has not ended is about. */
    subjects: sql.all(() => kysely.selectFrom('tasks').select(SUBJECT).where('state', '<>', 'done')),
    /** Every task that has not ended and asks for one of `kinds`. */
    active: sql.all((instance: string, kinds: readonly string[]) =>
      kysely
        .selectFrom('tasks')
        .selectAll()
        .where('instance', '=', instance)
        .where('state', '<>', 'done')
        .where('kind', 'in', kinds),
    ),
  };
}

type Page = [filter: Omit<TaskFilter, 'state'>, limit: number, position?: Position];

function listed(...[filter, limit, position]: Page) {
  let query = kysely.selectFrom('tasks').selectAll();
  for (const column of ['instance', 'artifact', 'distribution', 'outcome'] as const) {
    const wanted = filter[column];
    if (wanted !== undefined) query = query.where(column, '=', wanted);
  }
  if (filter.instances) query = query.where('instance', 'in', filter.instances);
  if (position) {
    const { created, id } = position;
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('created', 'id'), '<', tuple(created, id)));
  }
  return query.orderBy('created', 'desc').orderBy('id', 'desc').limit(limit);
}
