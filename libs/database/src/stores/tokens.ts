import type { Kysely } from 'kysely';
import type { Tables, TokenRow } from '../tables.ts';

export type TokenStore = ReturnType<typeof tokenStore>;

export function tokenStore(db: Kysely<Tables>) {
  return {
    async insert(token: TokenRow): Promise<void> {
      await db.insertInto('tokens').values(token).execute();
    },
    list(): Promise<TokenRow[]> {
      return db.selectFrom('tokens').selectAll().orderBy('created').orderBy('id').execute();
    },
    withSecret(secretHash: string): Promise<TokenRow | undefined> {
      return db.selectFrom('tokens').selectAll().where('secretHash', '=', secretHash).executeTakeFirst();
    },
    async used(id: string, at: number): Promise<void> {
      await db.updateTable('tokens').set({ lastUsed: at }).where('id', '=', id).execute();
    },
    /** Whether there was one. */
    async remove(id: string): Promise<boolean> {
      const result = await db.deleteFrom('tokens').where('id', '=', id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}
