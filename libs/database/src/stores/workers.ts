import type { Kysely } from 'kysely';
import type { EnrolmentRow, Tables, WorkerRow } from '../tables.ts';

export type WorkerStore = ReturnType<typeof workerStore>;

export function workerStore(db: Kysely<Tables>) {
  return {
    async insert(worker: WorkerRow): Promise<void> {
      await db.insertInto('workers').values(worker).execute();
    },
    get(id: string): Promise<WorkerRow | undefined> {
      return db.selectFrom('workers').selectAll().where('id', '=', id).executeTakeFirst();
    },
    named(name: string): Promise<WorkerRow | undefined> {
      return db.selectFrom('workers').selectAll().where('name', '=', name).executeTakeFirst();
    },
    withSecret(secretHash: string): Promise<WorkerRow | undefined> {
      return db.selectFrom('workers').selectAll().where('secretHash', '=', secretHash).executeTakeFirst();
    },
    list(): Promise<WorkerRow[]> {
      return db.selectFrom('workers').selectAll().orderBy('name').execute();
    },
    async remove(id: string): Promise<void> {
      await db.deleteFrom('workers').where('id', '=', id).execute();
    },
    /** Replaces an earlier invitation of the same name. */
    async invite(enrolment: EnrolmentRow): Promise<void> {
      await db.replaceInto('enrolments').values(enrolment).execute();
    },
    invitation(tokenHash: string): Promise<EnrolmentRow | undefined> {
      return db.selectFrom('enrolments').selectAll().where('tokenHash', '=', tokenHash).executeTakeFirst();
    },
    async removeInvitation(name: string): Promise<void> {
      await db.deleteFrom('enrolments').where('name', '=', name).execute();
    },
    async update(id: string, changes: Partial<WorkerRow>): Promise<void> {
      await db.updateTable('workers').set(changes).where('id', '=', id).execute();
    },
  };
}
