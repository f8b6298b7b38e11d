import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
import type { PublicationRow, RegistryPackageRow } from '../tables.ts';

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
export function registryStore(sql: Statements) {
  const ofSuite = ({ instance, format, distribution }: Suite) =>
    kysely
      .selectFrom('registryPackages')
      .where('instance', '=', instance)
      .where('format', '=', format)
      .where('distribution', '=', distribution);

  return {
    page: sql.all(
      (
        suite: Suite,
        filter: { derivative?: string | undefined; artifact?: string | undefined },
        { limit, after }: { limit: number; after?: PackageKey | undefined },
      ) => {
        let query = ofSuite(suite).selectAll();
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
        return query.orderBy('name').orderBy('derivative').orderBy('version').orderBy('architecture').limit(limit);
      },
    ),
    /** What was built from a source package, and the source package itself. */
    ofSource: sql.all((suite: Suite, derivative: string, source: string) =>
      ofSuite(suite).selectAll().where('derivative', '=', derivative).where('sourceName', '=', source),
    ),
    /** The versions of a source package that are published, over all derivatives. */
    sourceVersions: sql.column((suite: Suite, name: string) =>
      ofSuite(suite).select('sourceVersion').distinct().where('sourceName', '=', name),
    ),
    put: sql.run((row: RegistryPackageRow) => {
      const { sourceName, sourceVersion, packageJson } = row;
      return kysely
        .insertInto('registryPackages')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['instance', 'format', 'distribution', 'derivative', 'name', 'version', 'architecture'])
            .doUpdateSet({ sourceName, sourceVersion, packageJson }),
        );
    }),
    remove: sql.run((suite: Suite, key: PackageKey) =>
      kysely
        .deleteFrom('registryPackages')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('derivative', '=', key.derivative)
        .where('name', '=', key.name)
        .where('version', '=', key.version)
        .where('architecture', '=', key.architecture),
    ),
    clear: sql.run((suite: Suite) =>
      kysely
        .deleteFrom('registryPackages')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution),
    ),
    publication: sql.first((suite: Suite) =>
      kysely
        .selectFrom('publications')
        .selectAll()
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution),
    ),
    publicationsOf: sql.all((instance: string) =>
      kysely.selectFrom('publications').selectAll().where('instance', '=', instance),
    ),
    setPublication: sql.run((row: PublicationRow) => {
      const { revision, published } = row;
      return kysely
        .insertInto('publications')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['instance', 'format', 'distribution']).doUpdateSet({ revision, published }),
        );
    }),
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
