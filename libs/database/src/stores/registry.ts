import type { Kysely } from 'kysely';
import type { PublicationRow, RepositoryRow, Tables } from '../tables.ts';

/** One repository: a distribution, in all its derivatives. */
export interface Suite {
  instance: string;
  format: string;
  distribution: string;
}

export type RegistryStore = ReturnType<typeof registryStore>;

/** The api's view of repositories and their publications; the publisher's own database is the truth. */
export function registryStore(db: Kysely<Tables>) {
  return {
    repository(suite: Suite): Promise<RepositoryRow | undefined> {
      return db
        .selectFrom('repositories')
        .selectAll()
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .executeTakeFirst();
    },
    repositoriesOf(instance: string): Promise<RepositoryRow[]> {
      return db.selectFrom('repositories').selectAll().where('instance', '=', instance).execute();
    },
    async setRepository(row: RepositoryRow): Promise<void> {
      const { lineage, oldest, revision } = row;
      await db
        .insertInto('repositories')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['instance', 'format', 'distribution']).doUpdateSet({ lineage, oldest, revision }),
        )
        .execute();
    },
    /** Everything that is known of a repository. */
    async forget(suite: Suite): Promise<void> {
      for (const table of ['publishedPackages', 'publications', 'repositories'] as const) {
        await db
          .deleteFrom(table)
          .where('instance', '=', suite.instance)
          .where('format', '=', suite.format)
          .where('distribution', '=', suite.distribution)
          .execute();
      }
    },
    /** Newest first, from before revision `before` on. */
    publications(suite: Suite, limit: number, before?: number): Promise<PublicationRow[]> {
      let query = db
        .selectFrom('publications')
        .selectAll()
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution);
      if (before !== undefined) query = query.where('revision', '<', before);
      return query.orderBy('revision', 'desc').limit(limit).execute();
    },
    publication(suite: Suite, revision: number): Promise<PublicationRow | undefined> {
      return db
        .selectFrom('publications')
        .selectAll()
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('revision', '=', revision)
        .executeTakeFirst();
    },
    async addPublication(row: PublicationRow): Promise<void> {
      await db.insertInto('publications').values(row).execute();
    },
    /** Publications before `oldest`. */
    async forgetPublications(suite: Suite, oldest: number): Promise<void> {
      await db
        .deleteFrom('publications')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('revision', '<', oldest)
        .execute();
    },
    /** JSON of the instance's KeyringInfo. */
    async keyring(instance: string): Promise<string | undefined> {
      const row = await db.selectFrom('keyrings').selectAll().where('instance', '=', instance).executeTakeFirst();
      return row?.infoJson;
    },
    async setKeyring(instance: string, infoJson: string): Promise<void> {
      await db
        .insertInto('keyrings')
        .values({ instance, infoJson })
        .onConflict((conflict) => conflict.column('instance').doUpdateSet({ infoJson }))
        .execute();
    },
    async removeKeyring(instance: string): Promise<void> {
      await db.deleteFrom('keyrings').where('instance', '=', instance).execute();
    },
  };
}
