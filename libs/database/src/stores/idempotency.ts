import type { Kysely } from 'kysely';
import type { IdempotencyRow, Tables } from '../tables.ts';

export type IdempotencyStore = ReturnType<typeof idempotencyStore>;

export function idempotencyStore(db: Kysely<Tables>) {
  return {
    get(requester: string, key: string): Promise<IdempotencyRow | undefined> {
      return db
        .selectFrom('idempotency')
        .selectAll()
        .where('requester', '=', requester)
        .where('key', '=', key)
        .executeTakeFirst();
    },
    async insert(row: IdempotencyRow): Promise<void> {
      await db.insertInto('idempotency').values(row).execute();
    },
    async answer(requester: string, key: string, status: number, body: string): Promise<void> {
      await db
        .updateTable('idempotency')
        .set({ status, body })
        .where('requester', '=', requester)
        .where('key', '=', key)
        .execute();
    },
    async remove(requester: string, key: string): Promise<void> {
      await db.deleteFrom('idempotency').where('requester', '=', requester).where('key', '=', key).execute();
    },
    /** Forgets what is older than `time`. */
    async prune(time: number): Promise<void> {
      await db.deleteFrom('idempotency').where('created', '<', time).execute();
    },
    /** Forgets requests that never got their answer: they died with the process that served them. */
    async removeUnanswered(): Promise<void> {
      await db.deleteFrom('idempotency').where('status', 'is', null).execute();
    },
  };
}
