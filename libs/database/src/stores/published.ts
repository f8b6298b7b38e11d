import { type ExpressionBuilder, type ExpressionWrapper, type Kysely, type SqlBool, sql } from 'kysely';
import type { PublishedPackageRow, Tables } from '../tables.ts';
import type { Suite } from './registry.ts';

/** What tells packages of a suite apart. */
export interface PackageKey {
  derivative: string;
  name: string;
  version: string;
  architecture: string;
}

/** A repository as it was in one revision: all of it, or one derivative. */
export interface SuiteAt extends Suite {
  revision: number;
  derivative: string | null;
}

/** A package that only one side of a comparison has, with these bytes. */
export interface OneSided extends PackageKey {
  side: 'from' | 'to';
}

/** Where a page of a comparison begins: after this. */
export type DifferencePosition = Pick<PackageKey, 'name' | 'derivative' | 'architecture'>;

type Packages = ExpressionBuilder<Tables, 'publishedPackages'>;
type Condition = ExpressionWrapper<Tables, 'publishedPackages', SqlBool>;

export type PublishedStore = ReturnType<typeof publishedStore>;

/** Which package was in which revisions of a repository. */
export function publishedStore(db: Kysely<Tables>) {
  const ofSuite = ({ instance, format, distribution }: Suite) =>
    db
      .selectFrom('publishedPackages')
      .where('instance', '=', instance)
      .where('format', '=', format)
      .where('distribution', '=', distribution);

  /** As `revision` has it: by default the current one. */
  const at = (suite: Suite, revision?: number) =>
    ofSuite(suite).where((eb) => inRevision(eb, revision ?? headOf(db, suite)));

  return {
    page(
      suite: Suite,
      filter: { derivative?: string | undefined; artifact?: string | undefined; revision?: number | undefined },
      { limit, after }: { limit: number; after?: PackageKey | undefined },
    ): Promise<PublishedPackageRow[]> {
      let query = at(suite, filter.revision).selectAll();
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
    /** What was built from a source package, and the source package itself, as it is published now. */
    ofSource(suite: Suite, derivative: string, source: string): Promise<PublishedPackageRow[]> {
      return at(suite).selectAll().where('derivative', '=', derivative).where('sourceName', '=', source).execute();
    },
    /** The versions of a source package that are published, over all derivatives. */
    async sourceVersions(suite: Suite, name: string): Promise<string[]> {
      const rows = await at(suite).select('sourceVersion').distinct().where('sourceName', '=', name).execute();
      return rows.map((row) => row.sourceVersion);
    },
    /** The same ones again change nothing. */
    async add(rows: readonly PublishedPackageRow[]): Promise<void> {
      if (rows.length === 0) return;
      await db
        .insertInto('publishedPackages')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    /** They are in the repository until before `revision`. */
    async remove(suite: Suite, keys: readonly PackageKey[], revision: number): Promise<void> {
      for (const { derivative, name, version, architecture } of keys) {
        await db
          .updateTable('publishedPackages')
          .set({ until: revision })
          .where('instance', '=', suite.instance)
          .where('format', '=', suite.format)
          .where('distribution', '=', suite.distribution)
          .where('name', '=', name)
          .where('derivative', '=', derivative)
          .where('version', '=', version)
          .where('architecture', '=', architecture)
          .where('until', 'is', null)
          // one that came with the same revision takes its place
          .where('since', '<', revision)
          .execute();
      }
    },
    /** Forgets what came after `revision`: a publication that was told in part. */
    async undo(suite: Suite, revision: number): Promise<void> {
      const { instance, format, distribution } = suite;
      await db
        .deleteFrom('publishedPackages')
        .where('instance', '=', instance)
        .where('format', '=', format)
        .where('distribution', '=', distribution)
        .where('since', '>', revision)
        .execute();
      await db
        .updateTable('publishedPackages')
        .set({ until: null })
        .where('instance', '=', instance)
        .where('format', '=', format)
        .where('distribution', '=', distribution)
        .where('until', '>', revision)
        .execute();
    },
    /** How many packages came and went with a revision. */
    async changes(suite: Suite, revision: number): Promise<{ added: number; removed: number }> {
      const count = async (column: 'since' | 'until') => {
        const { found } = await ofSuite(suite)
          .select(({ fn }) => fn.countAll<number>().as('found'))
          .where(column, '=', revision)
          .executeTakeFirstOrThrow();
        return found;
      };
      return { added: await count('since'), removed: await count('until') };
    },
    /** What no revision from `oldest` on has. */
    async forgetBefore(suite: Suite, oldest: number): Promise<void> {
      await db
        .deleteFrom('publishedPackages')
        .where('instance', '=', suite.instance)
        .where('format', '=', suite.format)
        .where('distribution', '=', suite.distribution)
        .where('until', '<=', oldest)
        .execute();
    },
    /**
     * What only one of two sides has, by name, derivative, architecture. Both are one derivative or both are all; of two
     * derivatives the packages are named as if all were in that of `to`.
     */
    difference(from: SuiteAt, to: SuiteAt, limit: number, after?: DifferencePosition): Promise<OneSided[]> {
      const onlyIn = (side: OneSided['side'], one: SuiteAt, other: SuiteAt) => {
        let query = at(one, one.revision)
          .select(['name', 'architecture', 'version', sql.lit(side).as('side')])
          .select(({ ref, val }) => (to.derivative === null ? ref('derivative') : val(to.derivative)).as('derivative'))
          .where((eb) => eb.not(eb.exists(twin(db, other))));
        if (one.derivative !== null) query = query.where('publishedPackages.derivative', '=', one.derivative);
        // what both revisions of a repository share needs no search for a twin
        if (one.distribution === other.distribution && one.derivative === other.derivative) {
          query = query.where((eb) => eb.not(inRevision(eb, other.revision)));
        }
        if (!after) return query;
        const { name, derivative, architecture } = after;
        return query.where(({ eb, refTuple, tuple }) =>
          to.derivative === null
            ? eb(refTuple('name', 'derivative', 'architecture'), '>', tuple(name, derivative, architecture))
            : eb(refTuple('name', 'architecture'), '>', tuple(name, architecture)),
        );
      };
      return onlyIn('from', from, to)
        .unionAll(onlyIn('to', to, from))
        .orderBy('name')
        .orderBy('derivative')
        .orderBy('architecture')
        .orderBy('version')
        .limit(limit)
        .execute();
    },
  };
}

function inRevision(eb: Packages, revision: number | ReturnType<typeof headOf>): Condition {
  // The plus keeps SQLite from the index on it, which names nearly all: those on names are better.
  return eb.and([
    eb(sql<number>`+since`, '<=', revision),
    eb.or([eb('until', 'is', null), eb('until', '>', revision)]),
  ]);
}

function headOf(db: Kysely<Tables>, { instance, format, distribution }: Suite) {
  return db
    .selectFrom('repositories')
    .select('revision')
    .where('instance', '=', instance)
    .where('format', '=', format)
    .where('distribution', '=', distribution);
}

/** The same bytes under the same name on the other side. */
function twin(db: Kysely<Tables>, { instance, format, distribution, derivative, revision }: SuiteAt) {
  return db
    .selectFrom('publishedPackages as twin')
    .select('twin.name')
    .where('twin.instance', '=', instance)
    .where('twin.format', '=', format)
    .where('twin.distribution', '=', distribution)
    .where('twin.name', '=', outer('name'))
    .where('twin.version', '=', outer('version'))
    .where('twin.architecture', '=', outer('architecture'))
    .where('twin.sha256', '=', outer('sha256'))
    .where('twin.derivative', '=', derivative ?? outer('derivative'))
    .where('twin.since', '<=', revision)
    .where(({ eb, or }) => or([eb('twin.until', 'is', null), eb('twin.until', '>', revision)]));
}

/** A column of the query around this one. */
function outer(column: 'name' | 'version' | 'architecture' | 'sha256' | 'derivative') {
  return sql<string>`${sql.ref(`publishedPackages.${column}`)}`;
}
