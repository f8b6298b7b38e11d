import type { Insertable, Kysely } from 'kysely';
import type { AuditRow, Tables } from '../tables.ts';

/** What to look for in the audit log. */
export interface AuditFilter {
  /** Not before this time. */
  since?: number | undefined;
  who?: string | undefined;
  /** Older than this entry. */
  before?: number | undefined;
}

export type AuditStore = ReturnType<typeof auditStore>;

/** Who did what; only ever appended to, which the database itself enforces. */
export function auditStore(db: Kysely<Tables>) {
  return {
    async append(entry: Insertable<AuditRow>): Promise<void> {
      await db.insertInto('audit').values(entry).execute();
    },
    /** Newest first. */
    list({ since, who, before }: AuditFilter, limit: number) {
      let query = db.selectFrom('audit').selectAll();
      if (since !== undefined) query = query.where('at', '>=', since);
      if (who !== undefined) query = query.where('who', '=', who);
      if (before !== undefined) query = query.where('id', '<', before);
      return query.orderBy('id', 'desc').limit(limit).execute();
    },
  };
}
