import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { TokenRow } from '../tables.ts';

export type TokenStore = ReturnType<typeof tokenStore>;

export function tokenStore(sql: Statements) {
  const remove = sql.run((id: string) => kysely.deleteFrom('tokens').where('id', '=', id));
  return {
    insert: sql.run((token: TokenRow) => kysely.insertInto('tokens').values(token)),
    list: sql.all(() => kysely.selectFrom('tokens').selectAll().orderBy('created').orderBy('id')),
    withSecret: sql.first((secretHash: string) =>
      kysely.selectFrom('tokens').selectAll().where('secretHash', '=', secretHash),
    ),
    used: sql.run((id: string, at: number) => kysely.updateTable('tokens').set({ lastUsed: at }).where('id', '=', id)),
    /** Whether there was one. */
    async remove(id: string): Promise<boolean> {
      return (await remove(id)) > 0;
    },
  };
}
