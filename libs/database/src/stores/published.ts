import { type ExpressionBuilder, type ExpressionWrapper, sql as fragment, type SqlBool } from 'kysely';
import { kysely } from '../kysely.ts';
import type { Statements } from '../statements.ts';
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
export function publishedStore(sql: Statements) {
  const removeOne = sql.run((suite: Suite, key: PackageKey, revision: number) =>
    kysely
      .updateTable('publishedPackages')
      .set({ until: revision })
      .where('instance', '=', suite.instance)
      .where('format', '=', suite.format)
      .where('distribution', '=', suite.distribution)
      .where('name', '=', key.name)
      .where('derivative', '=', key.derivative)
      .where('version', '=', key.version)
      .where('architecture', '=', key.architecture)
      .where('until', 'is', null)
      // one that came with the same revision takes its place
      .where('since', '<', revision),
  );
  const forgetSince = sql.run(({ instance, format, distribution }: Suite, revision: number) =>
    kysely
      .deleteFrom('publishedPackages')
      .where('instance', '=', instance)
      .where('format', '=', format)
      .where('distribution', '=', distribution)
      .where('since', '>', revision),
  );
  const reopen = sql.run(({ instance, format, distribution }: Suite, revision: number) =>
    kysely
      .updateTable('publishedPackages')
      .set({ until: null })
      .where('instance', '=', instance)
      .where('format', '=', format)
      .where('distribution', '=', distribution)
      .where('until', '>', revision),
  );
  const insert = sql.run((rows: readonly PublishedPackageRow[]) =>
    kysely
      .insertInto('publishedPackages')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
  );
  const changed = (column: 'since' | 'until') =>
    sql.value((suite: Suite, revision: number) =>
      ofSuite(suite)
        .select(({ fn }) => fn.countAll<number>().as('found'))
        .where(column, '=', revision),
    );
  const [added, removed] = [changed('since'), changed('until')];
  const compare = sql.all(differenceOf);

  return {
    page: sql.all(
      (
        suite: Suite,
        filter: { derivative?: string | undefined; artifact?: string | undefined; revision?: number | undefined },
        { limit, after }: { limit: number; after?: PackageKey | undefined },
      ) => {
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
        return query.orderBy('name').orderBy('derivative').orderBy('version').orderBy('architecture').limit(limit);
      },
    ),
    /** What was built from a source package, and the source package itself, as it is published now. */
    ofSource: sql.all((suite: Suite, derivative: string, source: string) =>
      at(suite).selectAll().where('derivative', '=', derivative).where('sourceName', '=', source),
    ),
    /** The versions of a source package that a publication holds or held, over all derivatives. */
    sourceVersions: sql.column((suite: Suite, name: string) =>
      ofSuite(suite).select('sourceVersion').distinct().where('sourceName', '=', name),
    ),
    /** The same ones again change nothing. */
    async add(rows: readonly PublishedPackageRow[]): Promise<void> {
      if (rows.length > 0) await insert(rows);
    },
    /** They are in the repository until before `revision`. */
    async remove(suite: Suite, keys: readonly PackageKey[], revision: number): Promise<void> {
      for (const key of keys) await removeOne(suite, key, revision);
    },
    /** Forgets what came after `revision`: a publication that was told in part. */
    async undo(suite: Suite, revision: number): Promise<void> {
      await forgetSince(suite, revision);
      await reopen(suite, revision);
    },
    /** How many packages came and went with a revision. */
    async changes(suite: Suite, revision: number): Promise<{ added: number; removed: number }> {
      return { added: (await added(suite, revision)) ?? 0, removed: (await removed(suite, revision)) ?? 0 };
    },
    /** What no revision from `oldest` on has. */
    forgetBefore: sql.run(({ instance, format, distribution }: Suite, oldest: number) =>
      kysely
        .deleteFrom('publishedPackages')
        .where('instance', '=', instance)
        .where('format', '=', format)
        .where('distribution', '=', distribution)
        .where('until', '<=', oldest),
    ),
    /**
     * What only one of two sides has, by name, derivative, architecture. Both are one derivative or both are all; of two
     * derivatives the packages are named as if all were in that of `to`.
     */
    difference(from: SuiteAt, to: SuiteAt, limit: number, after?: DifferencePosition): Promise<OneSided[]> {
      const shared = from.distribution === to.distribution && from.derivative === to.derivative;
      return compare(sideOf(from), sideOf(to), limit, { after, shared: shared || undefined });
    },
  };
}

const ofSuite = ({ instance, format, distribution }: Suite) =>
  kysely
    .selectFrom('publishedPackages')
    .where('instance', '=', instance)
    .where('format', '=', format)
    .where('distribution', '=', distribution);

/** As `revision` has it: by default the current one. */
const at = (suite: Suite, revision?: number) => ofSuite(suite).where((eb) => inRevision(eb, revision ?? headOf(suite)));

/** A side of a comparison, as statements are built of it: no derivative is all of them. */
interface Side extends Suite {
  revision: number;
  derivative: string | undefined;
}

const sideOf = ({ derivative, ...rest }: SuiteAt): Side => ({ ...rest, derivative: derivative ?? undefined });

interface Comparing {
  after?: DifferencePosition | undefined;
  /** Given for two revisions of the same packages: what both have needs no search for a twin. */
  shared?: true | undefined;
}

function differenceOf(from: Side, to: Side, limit: number, { after, shared }: Comparing) {
  const { derivative: named } = to;
  const onlyIn = (side: OneSided['side'], one: Side, other: Side) => {
    let query = at(one, one.revision)
      .select(['name', 'architecture', 'version', fragment.lit(side).as('side')])
      .select(({ ref, val }) => (named === undefined ? ref('derivative') : val(named)).as('derivative'))
      .where((eb) => eb.not(eb.exists(twin(other))));
    if (one.derivative !== undefined) query = query.where('publishedPackages.derivative', '=', one.derivative);
    if (shared) query = query.where((eb) => eb.not(inRevision(eb, other.revision)));
    if (!after) return query;
    const { name, derivative, architecture } = after;
    return query.where(({ eb, refTuple, tuple }) =>
      named === undefined
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
    .limit(limit);
}

function inRevision(eb: Packages, revision: number | ReturnType<typeof headOf>): Condition {
  // The plus keeps SQLite from the index on it, which names nearly all: those on names are better.
  return eb.and([
    eb(fragment<number>`+since`, '<=', revision),
    eb.or([eb('until', 'is', null), eb('until', '>', revision)]),
  ]);
}

function headOf({ instance, format, distribution }: Suite) {
  return kysely
    .selectFrom('repositories')
    .select('revision')
    .where('instance', '=', instance)
    .where('format', '=', format)
    .where('distribution', '=', distribution);
}

/** The same bytes under the same name on the other side. */
function twin({ instance, format, distribution, derivative, revision }: Side) {
  return kysely
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
  return fragment<string>`${fragment.ref(`publishedPackages.${column}`)}`;
}
