import { type Change, type Context, change } from './context.ts';
import { badCursor } from './cursors.ts';
import type { Audit, Requester } from './services.ts';

/** The audit log, for what is written apart from a change, and to be read. */
export function createAudit(context: Context): Audit {
  return {
    async record(entry) {
      await change(context, (tx) => tx.audit.append({ ...entry, at: tx.now }));
    },
    async list({ limit, cursor, since, who }) {
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw badCursor();
      const before = cursor === undefined ? undefined : Number(cursor);
      const rows = await context.database.stores.audit.list({ since, who, before }, limit + 1);
      const entries = rows.slice(0, limit);
      const last = entries.at(-1);
      return { entries, next: rows.length > limit && last ? String(last.id) : null };
    },
  };
}

/** Writes down a change in the transaction that makes it. */
export async function audit(
  tx: Change,
  by: Requester,
  action: string,
  subject: string,
  detail: string | null = null,
): Promise<void> {
  await tx.audit.append({ at: tx.now, who: by.name, origin: by.origin ?? null, action, subject, detail });
}
