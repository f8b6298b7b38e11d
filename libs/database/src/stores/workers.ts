import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { EnrolmentRow, WorkerRow } from '../tables.ts';

export type WorkerStore = ReturnType<typeof workerStore>;

export function workerStore(sql: Statements) {
  return {
    insert: sql.run((worker: WorkerRow) => kysely.insertInto('workers').values(worker)),
    get: sql.first((id: string) => kysely.selectFrom('workers').selectAll().where('id', '=', id)),
    named: sql.first((name: string) => kysely.selectFrom('workers').selectAll().where('name', '=', name)),
    withSecret: sql.first((secretHash: string) =>
      kysely.selectFrom('workers').selectAll().where('secretHash', '=', secretHash),
    ),
    list: sql.all(() => kysely.selectFrom('workers').selectAll().orderBy('name')),
    remove: sql.run((id: string) => kysely.deleteFrom('workers').where('id', '=', id)),
    /** Replaces an earlier invitation of the same name. */
    invite: sql.run((enrolment: EnrolmentRow) => kysely.replaceInto('enrolments').values(enrolment)),
    invitation: sql.first((tokenHash: string) =>
      kysely.selectFrom('enrolments').selectAll().where('tokenHash', '=', tokenHash),
    ),
    removeInvitation: sql.run((name: string) => kysely.deleteFrom('enrolments').where('name', '=', name)),
    update: sql.run((id: string, changes: Partial<WorkerRow>) =>
      kysely.updateTable('workers').set(changes).where('id', '=', id),
    ),
  };
}
