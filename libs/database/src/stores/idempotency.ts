import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { IdempotencyRow } from '../tables.ts';

export type IdempotencyStore = ReturnType<typeof idempotencyStore>;

export function idempotencyStore(sql: Statements) {
  return {
    get: sql.first((requester: string, key: string) =>
      kysely.selectFrom('idempotency').selectAll().where('requester', '=', requester).where('key', '=', key),
    ),
    insert: sql.run((row: IdempotencyRow) => kysely.insertInto('idempotency').values(row)),
    answer: sql.run((requester: string, key: string, status: number, body: string) =>
      kysely.updateTable('idempotency').set({ status, body }).where('requester', '=', requester).where('key', '=', key),
    ),
    remove: sql.run((requester: string, key: string) =>
      kysely.deleteFrom('idempotency').where('requester', '=', requester).where('key', '=', key),
    ),
    /** Forgets what is older than `time`. */
    prune: sql.run((time: number) => kysely.deleteFrom('idempotency').where('created', '<', time)),
    /** Forgets requests that never got their answer: they died with the process that served them. */
    removeUnanswered: sql.run(() => kysely.deleteFrom('idempotency').where('status', 'is', null)),
  };
}
