import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { PublicationRow, RepositoryRow } from '../tables.ts';

/** One repository: a distribution, in all its derivatives. */
export interface Suite {
  instance: string;
  format: string;
  distribution: string;
}

export type RegistryStore = ReturnType<typeof registryStore>;

/** The api's view of repositories and their publications; the publisher's own database is the truth. */
export function registryStore(sql: Statements) {
  const ofSuite = ({ instance, format, distribution }: Suite) =>
    kysely
      .selectFrom('publications')
      .selectAll()
      .where('instance', '=', instance)
      .where('format', '=', format)
      .where('distribution', '=', distribution);
  const forgetIn = (table: 'publishedPackages' | 'publications' | 'repositories') =>
    sql.run(({ instance, format, distribution }: Suite) =>
      kysely
        .deleteFrom(table)
        .where('instance', '=', instance)
        .where('format', '=', format)
        .where('distribution', '=', distribution),
    );
  const forgets = (['publishedPackages', 'publications', 'repositories'] as const).map(forgetIn);

  return {
    repository: sql.first(({ instance, format, distribution }: Suite) =>
      kysely
        .selectFrom('repositories')
        .selectAll()
        .where('instance', '=', instance)
        .where('format', '=', format)
        .where('distribution', '=', distribution),
    ),
    repositoriesOf: sql.all((instance: string) =>
      kysely.selectFrom('repositories').selectAll().where('instance', '=', instance),
    ),
    setRepository: sql.run((row: RepositoryRow) => {
      const { lineage, oldest, revision } = row;
      return kysely
        .insertInto('repositories')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['instance', 'format', 'distribution']).doUpdateSet({ lineage, oldest, revision }),
        );
    }),
    /** Everything that is known of a repository. */
    async forget(suite: Suite): Promise<void> {
      for (const forget of forgets) await forget(suite);
    },
    /** Newest first, from before revision `before` on. */
    publications: sql.all((suite: Suite, limit: number, before?: number) => {
      const query = before === undefined ? ofSuite(suite) : ofSuite(suite).where('revision', '<', before);
      return query.orderBy('revision', 'desc').limit(limit);
    }),
    publication: sql.first((suite: Suite, revision: number) => ofSuite(suite).where('revision', '=', revision)),
    addPublication: sql.run((row: PublicationRow) => kysely.insertInto('publications').values(row)),
    /** Publications before `oldest`. */
    forgetPublications: sql.run(({ instance, format, distribution }: Suite, oldest: number) =>
      kysely
        .deleteFrom('publications')
        .where('instance', '=', instance)
        .where('format', '=', format)
        .where('distribution', '=', distribution)
        .where('revision', '<', oldest),
    ),
    /** JSON of the instance's KeyringInfo. */
    keyring: sql.value((instance: string) =>
      kysely.selectFrom('keyrings').select('infoJson').where('instance', '=', instance),
    ),
    setKeyring: sql.run((instance: string, infoJson: string) =>
      kysely
        .insertInto('keyrings')
        .values({ instance, infoJson })
        .onConflict((conflict) => conflict.column('instance').doUpdateSet({ infoJson })),
    ),
    removeKeyring: sql.run((instance: string) => kysely.deleteFrom('keyrings').where('instance', '=', instance)),
  };
}
