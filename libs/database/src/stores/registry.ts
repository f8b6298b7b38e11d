import type { Kysely } from 'kysely';
import type { PublicationRow, RegistryPackageRow, Tables } from '../tables.ts';

/** The packages of one distribution, in all its derivatives. */
export interface Suite {
  instance: string;
  format: string;
  distribution: string;
}

/** What tells packages of a suite apart, and the order they are listed in. */
export interface PackageKey {
  derivative: string;
  name: string;
  version: string;
  architecture: string;
}

export type RegistryStore = ReturnType<typeof registryStore>;

/** The api's view of what is published; the publisher's own database is the truth. */
export function registryStore(db: Kysely<Tables>) {
  const ofSuite = ({ instance, format, distribution }: Suite) =>
    db
      .selectFrom('registryPackages')
      .selectAll()
      .where('instance', '=', instance)
      .where('format', '=', format)
      .where('distribution', '=', distribution);

  return {
    page(
      suite: Suite,
      filter: { derivative?: string | undefined; artifact?: string | undefined },
      { limit, after }: { limit: number; after?: PackageKey | undefined },
    ): Promise<RegistryPackageRow[]> {
      let query = ofSuite(suite);
      if (filter.derivative !== undefined) query = query.where('derivative', '=', filter.derivative);
      const { artifact } = filter;
      if (artifact !== undefined) {
        query = query.where(({ eb, or }) => or([eb('name', '=', artifact), eb('sourceName', '=', artifact)]));
      }
      if (after) {
        const { derivative, name, version, architecture } = after;
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(
            refTuple('name', 'derivative', 'version', 'architecture'),
            '>',
            tuple(name, derivative, version, architecture),
          ),
        );
      }
      return query
        .orderBy('name')
        .orderBy('derivative')
        .orderBy('version')
        .orderBy('architecture')
        .limit(limit)
        .execute();
    },
    /** What was built from a source package, and the source package itself. */
    ofSource(suite: Suite, derivative: string, source: string): Promise<RegistryPackageRow[]> {
      return ofSuite(suite).where('derivative', '=', derivative).where('sourceName', '=', source).execute();
    },
    /** The versions of a source package that are published, over all derivatives. */
    async sourceVersions(suite: Suite, name: string): Promise<string[]> {
      const rows = await ofSuite(suite).where('sourceName', '=', name).execute();
      return [...new Set(rows.map((row) => row.sourceVersion))];
    },
    async put(row: RegistryPackageRow): Promise<void> {
      const { sourceName, sourceVersion, packageJson } = row;
      await db
        .insertInto('registryPackages')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['instance', 'format', 'distribution', 'derivative', 'name', 'version', 'architecture'])
            .doUpdateSet({ sourceName, sourceVersion, packageJson }),
        )
        .execute();
    },
    async remove(suite: Suite, key: PackageKey): Promise<void> {
      await db
        .deleteFrom('registryPackages')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('derivative', '=', key.derivative)
        .where('name', '=', key.name)
        .where('version', '=', key.version)
        .where('architecture', '=', key.architecture)
        .execute();
    },
    async clear(suite: Suite): Promise<void> {
      await db
        .deleteFrom('registryPackages')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .execute();
    },
    publication(suite: Suite): Promise<PublicationRow | undefined> {
      return db
        .selectFrom('publications')
        .selectAll()
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .executeTakeFirst();
    },
    publicationsOf(instance: string): Promise<PublicationRow[]> {
      return db.selectFrom('publications').selectAll().where('instance', '=', instance).execute();
    },
    async setPublication(row: PublicationRow): Promise<void> {
      const { revision, published } = row;
      await db
        .insertInto('publications')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['instance', 'format', 'distribution']).doUpdateSet({ revision, published }),
        )
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
