import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { AttemptRow, PhaseRow } from '../tables.ts';

export type AttemptStore = ReturnType<typeof attemptStore>;

export function attemptStore(sql: Statements) {
  const all = () => kysely.selectFrom('attempts').selectAll();
  return {
    insert: sql.run((attempt: AttemptRow) => kysely.insertInto('attempts').values(attempt)),
    get: sql.first((id: string) => all().where('id', '=', id)),
    ofJob: sql.all((job: string) => all().where('job', '=', job).orderBy('number')),
    ofJobs: sql.all((jobs: readonly string[]) => all().where('job', 'in', jobs).orderBy('number')),
    /** Attempts that a host still works on (it may be past the result), oldest first. */
    live: sql.all(() => all().where('leaseExpires', 'is not', null).orderBy('began').orderBy('id')),
    /** How long the last `limit` attempts that succeeded took, and of what, newest first. */
    lastDurations: sql.all((limit: number) =>
      kysely
        .selectFrom('attempts')
        .innerJoin('jobs', 'jobs.id', 'attempts.job')
        .innerJoin('tasks', 'tasks.id', 'jobs.task')
        .select(['jobs.capability', 'jobs.name', 'tasks.kind', 'tasks.artifact', 'tasks.distribution'])
        .select((eb) => eb('attempts.ended', '-', eb.ref('attempts.began')).$castTo<number>().as('took'))
        .where('attempts.ended', 'is not', null)
        .where('attempts.outcome', '=', 'success')
        .orderBy('attempts.ended', 'desc')
        .limit(limit),
    ),
    update: sql.run((id: string, changes: Partial<AttemptRow>) =>
      kysely.updateTable('attempts').set(changes).where('id', '=', id),
    ),
    phases: sql.all((attempts: readonly string[]) =>
      kysely.selectFrom('phases').selectAll().where('attempt', 'in', attempts).orderBy('began').orderBy('logOffset'),
    ),
    /** A repeat changes nothing. */
    beginPhase: sql.run((phase: PhaseRow) =>
      kysely
        .insertInto('phases')
        .values(phase)
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** Returns when the phase began if it ended only now; a repeat changes nothing. */
    endPhase: sql.value((attempt: string, name: string, ended: number) =>
      kysely
        .updateTable('phases')
        .set({ ended })
        .where('attempt', '=', attempt)
        .where('name', '=', name)
        .where('ended', 'is', null)
        .returning('began'),
    ),
    /** Phases that an ended attempt left open end with it. */
    endPhases: sql.run((attempt: string, ended: number) =>
      kysely.updateTable('phases').set({ ended }).where('attempt', '=', attempt).where('ended', 'is', null),
    ),
  };
}
