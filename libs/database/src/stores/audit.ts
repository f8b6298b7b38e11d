import type { Insertable, Kysely } from 'kysely';
import type { AuditRow, Tables } from '../tables.ts';

export type AuditStore = ReturnType<typeof auditStore>;

/** Who did what; only ever appended to. */
export function auditStore(db: Kysely<Tables>) {
  return {
    async append(entry: Insertable<AuditRow>): Promise<void> {
      await db.insertInto('audit').values(entry).execute();
    },
    list(): Promise<Omit<AuditRow, 'id'>[]> {
      return db.selectFrom('audit').select(['at', 'who', 'action', 'subject', 'detail']).orderBy('id').execute();
    },
  };
}
