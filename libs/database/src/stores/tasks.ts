import type { Kysely } from 'kysely';
import type { Tables, TaskRow } from '../tables.ts';

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

export function taskStore(db: Kysely<Tables>) {
  return {
    async insert(task: TaskRow): Promise<void> {
      await db.insertInto('tasks').values(task).execute();
    },
    get(id: string): Promise<TaskRow | undefined> {
      return db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
    },
    /** Up to two tasks whose ids begin so. */
    withPrefix(prefix: string): Promise<TaskRow[]> {
      return db
        .selectFrom('tasks')
        .selectAll()
        .where('id', '>=', prefix)
        .where('id', '<', `${prefix}~`)
        .limit(2)
        .execute();
    },
    async update(id: string, changes: Partial<TaskRow>): Promise<void> {
      await db.updateTable('tasks').set(changes).where('id', '=', id).execute();
    },
    /** Newest first, from before `position` on. */
    list(filter: TaskFilter, limit: number, position?: Position): Promise<TaskRow[]> {
      let query = db.selectFrom('tasks').selectAll();
      if (filter.state === 'active') query = query.where('state', '<>', 'done');
      if (filter.state === 'done') query = query.where('state', '=', 'done');
      for (const column of ['instance', 'artifact', 'distribution', 'outcome'] as const) {
        const wanted = filter[column];
        if (wanted !== undefined) query = query.where(column, '=', wanted);
      }
      if (filter.instances) query = query.where('instance', 'in', filter.instances);
      if (position) {
        const { created, id } = position;
        query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('created', 'id'), '<', tuple(created, id)));
      }
      return query.orderBy('created', 'desc').orderBy('id', 'desc').limit(limit).execute();
    },
    /** The newest task of a kind that is no dry run. */
    latest(instance: string, kind: string): Promise<TaskRow | undefined> {
      return db
        .selectFrom('tasks')
        .selectAll()
        .where('instance', '=', instance)
        .where('kind', '=', kind)
        .where('dryRun', '=', 0)
        .orderBy('created', 'desc')
        .limit(1)
        .executeTakeFirst();
    },
    /** What every task that has not ended is about. */
    subjects(): Promise<Subject[]> {
      return db.selectFrom('tasks').select(SUBJECT).where('state', '<>', 'done').execute();
    },
    /** Every task that has not ended and asks for one of `kinds`. */
    active(instance: string, kinds: readonly string[]): Promise<TaskRow[]> {
      return db
        .selectFrom('tasks')
        .selectAll()
        .where('instance', '=', instance)
        .where('state', '<>', 'done')
        .where('kind', 'in', kinds)
        .execute();
    },
  };
}
