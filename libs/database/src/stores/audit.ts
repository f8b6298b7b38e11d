import type { Insertable } from 'kysely';
import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { AuditRow } from '../tables.ts';

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
export function auditStore(sql: Statements) {
  return {
    append: sql.run((entry: Insertable<AuditRow>) => kysely.insertInto('audit').values(entry)),
    /** Newest first. */
    list: sql.all(({ since, who, before }: AuditFilter, limit: number) => {
      let query = kysely.selectFrom('audit').selectAll();
      if (since !== undefined) query = query.where('at', '>=', since);
      if (who !== undefined) query = query.where('who', '=', who);
      if (before !== undefined) query = query.where('id', '<', before);
      return query.orderBy('id', 'desc').limit(limit);
    }),
  };
}
