import type { Kysely } from 'kysely';
import type { AttemptRow, PhaseRow, Tables } from '../tables.ts';

export type AttemptStore = ReturnType<typeof attemptStore>;

export function attemptStore(db: Kysely<Tables>) {
  const all = () => db.selectFrom('attempts').selectAll();
  return {
    async insert(attempt: AttemptRow): Promise<void> {
      await db.insertInto('attempts').values(attempt).execute();
    },
    get(id: string): Promise<AttemptRow | undefined> {
      return all().where('id', '=', id).executeTakeFirst();
    },
    ofJob(job: string): Promise<AttemptRow[]> {
      return all().where('job', '=', job).orderBy('number').execute();
    },
    ofJobs(jobs: readonly string[]): Promise<AttemptRow[]> {
      if (jobs.length === 0) return Promise.resolve([]);
      return all().where('job', 'in', jobs).orderBy('number').execute();
    },
    /** Attempts that a host still works on (it may be past the result), oldest first. */
    live(): Promise<AttemptRow[]> {
      return all().where('leaseExpires', 'is not', null).orderBy('began').orderBy('id').execute();
    },
    /** How long the last `limit` attempts that succeeded took, and of what, newest first. */
    lastDurations(limit: number) {
      return db
        .selectFrom('attempts')
        .innerJoin('jobs', 'jobs.id', 'attempts.job')
        .innerJoin('tasks', 'tasks.id', 'jobs.task')
        .select(['jobs.capability', 'tasks.kind', 'tasks.artifact', 'tasks.distribution'])
        .select((eb) => eb('attempts.ended', '-', eb.ref('attempts.began')).$castTo<number>().as('took'))
        .where('attempts.ended', 'is not', null)
        .where('attempts.outcome', '=', 'success')
        .orderBy('attempts.ended', 'desc')
        .limit(limit)
        .execute();
    },
    async update(id: string, changes: Partial<AttemptRow>): Promise<void> {
      await db.updateTable('attempts').set(changes).where('id', '=', id).execute();
    },
    phases(attempts: readonly string[]): Promise<PhaseRow[]> {
      if (attempts.length === 0) return Promise.resolve([]);
      return db
        .selectFrom('phases')
        .selectAll()
        .where('attempt', 'in', attempts)
        .orderBy('began')
        .orderBy('logOffset')
        .execute();
    },
    /** A repeat changes nothing. */
    async beginPhase(phase: PhaseRow): Promise<void> {
      await db
        .insertInto('phases')
        .values(phase)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    /** Returns when the phase began if it ended only now; a repeat changes nothing. */
    async endPhase(attempt: string, name: string, ended: number): Promise<number | undefined> {
      const row = await db
        .updateTable('phases')
        .set({ ended })
        .where('attempt', '=', attempt)
        .where('name', '=', name)
        .where('ended', 'is', null)
        .returning('began')
        .executeTakeFirst();
      return row?.began;
    },
    /** Phases that an ended attempt left open end with it. */
    async endPhases(attempt: string, ended: number): Promise<void> {
      await db.updateTable('phases').set({ ended }).where('attempt', '=', attempt).where('ended', 'is', null).execute();
    },
  };
}
