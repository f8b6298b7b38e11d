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
    async endPhase(attempt: string, name: string, ended: number): Promise<void> {
      await db
        .updateTable('phases')
        .set({ ended })
        .where('attempt', '=', attempt)
        .where('name', '=', name)
        .where('ended', 'is', null)
        .execute();
    },
    /** Phases that an ended attempt left open end with it. */
    async endPhases(attempt: string, ended: number): Promise<void> {
      await db.updateTable('phases').set({ ended }).where('attempt', '=', attempt).where('ended', 'is', null).execute();
    },
  };
}
