import type { PackageSelector } from '../model/package.ts';
import type { ListQuery } from '../model/publication.ts';
import type { Database, Row } from './database.ts';
import { type Member, type PackageFacts, type StoredKind, type StoredRepository, toMember } from './rows.ts';

const PAGE = 500;

/** How many packages of a kind and an architecture a derivative holds now. */
export interface Holding {
  derivative: string;
  kind: StoredKind;
  architecture: string;
  count: number;
}

/** Where a package stands in a list: by name, then in the order that they came. */
export interface ListKey {
  name: string;
  package: number;
}

/** A row that came or went. */
export interface ChangedRow extends ListKey {
  derivative: string;
  kind: StoredKind;
  architecture: string;
}

/** Which packages a list takes. */
export interface ListFilter {
  derivative: string;
  kinds: readonly StoredKind[];
  architectures: readonly string[];
}

/** Content that went, and the revision that held it last. */
export interface FormerContent {
  content: string;
  last: number;
}

type MemberQuery = PackageSelector & Pick<ListQuery, 'revision'>;

const COLUMNS = `m.id AS membership, m.derivative, m.since, m.task, m.published,
  p.id, p.kind, p.digest, p.content, p.name, p.version, p.architecture, p.source_name, p.source_version,
  p.section, p.summary, p.relations, p.files`;
const CHANGED = `SELECT ${COLUMNS} FROM members m JOIN packages p ON p.id = m.package
  WHERE m.repository = :id`;
/** Follows (name, package); before the first name there is nothing. */
const FIRST: ListKey = { name: '', package: 0 };

/** @param next the rows that follow a membership, of which `PAGE` are a full page */
function* pages(next: (after: number) => Row[]): Generator<Member[]> {
  for (let after = 0; ; ) {
    const page = next(after);
    if (page.length > 0) yield page.map(toMember);
    if (page.length < PAGE) return;
    after = page.at(-1)?.['membership'] as number;
  }
}

function placeholders(prefix: string, values: readonly string[]): string {
  return values.map((_, index) => `:${prefix}${index}`).join();
}

function named(prefix: string, values: readonly string[]): Row {
  return Object.fromEntries(values.map((each, index) => [`${prefix}${index}`, each]));
}

/** What repositories hold and held. */
export function memberQueries(db: Database) {
  function select({ id }: StoredRepository, query: MemberQuery, more = '', parameters: Row = {}): Row[] {
    // Only what is given becomes a condition: so SQLite can use its indexes.
    const columns = {
      derivative: 'm.derivative',
      source: 'p.source_name',
      name: 'p.name',
      version: query.source === undefined ? 'p.version' : 'p.source_version',
      architecture: 'p.architecture',
    };
    const given = Object.entries(columns).filter(([key]) => query[key as keyof typeof columns] !== undefined);
    const at =
      query.revision === undefined
        ? 'm.until IS NULL'
        : 'm.since <= :revision AND (m.until IS NULL OR m.until > :revision)';
    // The first table of a cross join is the outer loop: the one that the conditions narrow.
    const narrow = query.name !== undefined || query.source !== undefined;
    return db.all(
      `SELECT ${COLUMNS} FROM ${narrow ? 'packages p CROSS JOIN members m' : 'members m CROSS JOIN packages p'}
         ON p.id = m.package
       WHERE m.repository = :id AND ${at} ${given.map(([key, column]) => `AND ${column} = :${key}`).join(' ')} ${more}`,
      {
        id,
        ...Object.fromEntries(given.map(([key]) => [key, query[key as keyof typeof columns] as string])),
        ...(query.revision === undefined ? {} : { revision: query.revision }),
        ...parameters,
      },
    );
  }

  return {
    /** The members that match, of the present publication or of `revision`; an empty query matches all. */
    members: (repository: StoredRepository, query: MemberQuery): Member[] => select(repository, query).map(toMember),

    /** The same, page by page as they are asked for. */
    *pagesOfMembers(repository: StoredRepository, query: MemberQuery): Generator<Member[]> {
      yield* pages((after) => select(repository, query, `AND m.id > :after ORDER BY m.id LIMIT ${PAGE}`, { after }));
    },

    /** What a revision brought (`since`) or took away (`until`), for one task or for all. */
    changed({ id }: StoredRepository, revision: number, which: 'since' | 'until', task?: string): Member[] {
      const by = which === 'since' ? 'm.task' : 'm.until_task';
      return db
        .all(`${CHANGED} AND m.${which} = :revision ${task === undefined ? '' : `AND ${by} = :task`}`, {
          id,
          revision,
          ...(task === undefined ? {} : { task }),
        })
        .map(toMember);
    },

    /** The same of all tasks, page by page as they are asked for. */
    *pagesOfChanges({ id }: StoredRepository, revision: number, which: 'since' | 'until'): Generator<Member[]> {
      yield* pages((after) =>
        db.all(`${CHANGED} AND m.${which} = :revision AND m.id > :after ORDER BY m.id LIMIT ${PAGE}`, {
          id,
          revision,
          after,
        }),
      );
    },

    /** Rows that came or went after a revision, with what lists want to know of them. */
    rowsChangedSince({ id }: StoredRepository, revision: number): ChangedRow[] {
      return db.all(
        `SELECT package, derivative, name, kind, architecture FROM members
         WHERE repository = :id AND since > :revision
         UNION SELECT package, derivative, name, kind, architecture FROM members
         WHERE repository = :id AND until > :revision`,
        { id, revision },
      );
    },

    /** Whether anything that a list takes came or went since the revision that it shows. */
    isBehind({ id }: StoredRepository, key: string, { derivative, kinds, architectures }: ListFilter): boolean {
      const after = (column: 'since' | 'until') =>
        `SELECT 1 FROM members WHERE repository = :id
           AND ${column} > coalesce((SELECT revision FROM lists WHERE repository = :id AND list = :key), 0)
           AND derivative = :derivative AND kind IN (${placeholders('k', kinds)})
           AND architecture IN (${placeholders('a', architectures)})`;
      const [row] = db.all(`SELECT EXISTS (${after('since')}) OR EXISTS (${after('until')}) AS behind`, {
        ...{ id, key, derivative },
        ...named('k', kinds),
        ...named('a', architectures),
      });
      return row?.['behind'] === 1;
    },

    /** The derivatives that hold installer packages now. */
    derivativesWithUdebs({ id }: StoredRepository): string[] {
      return db
        .all<{ derivative: string }>(
          `SELECT DISTINCT derivative FROM members INDEXED BY members_udeb
           WHERE repository = :id AND kind = 'udeb' AND until IS NULL`,
          { id },
        )
        .map(({ derivative }) => derivative);
    },

    /** The metadata that a repository passes through now. */
    metadata({ id }: StoredRepository): Member[] {
      return db
        .all(
          `SELECT ${COLUMNS} FROM members m INDEXED BY members_metadata JOIN packages p ON p.id = m.package
           WHERE m.repository = :id AND m.kind = 'metadata' AND m.until IS NULL`,
          { id },
        )
        .map(toMember);
    },

    /** The present members that came after a revision, and those of it that went since. */
    changedSince({ id }: StoredRepository, revision: number): { came: Member[]; went: Member[] } {
      const find = (condition: string) => db.all(`${CHANGED} AND ${condition}`, { id, revision }).map(toMember);
      return {
        came: find('m.since > :revision AND m.until IS NULL'),
        went: find('m.since <= :revision AND m.until > :revision'),
      };
    },

    /** The versions that packages of a name have, and had in publications that are kept. */
    versions({ id }: StoredRepository, name: string): string[] {
      return db
        .all<{ version: string }>(
          `SELECT DISTINCT p.version FROM packages p
           WHERE p.name = :name AND p.kind <> 'metadata'
             AND EXISTS (SELECT 1 FROM members m WHERE m.package = p.id AND m.repository = :id)`,
          { id, name },
        )
        .map(({ version }) => version);
    },

    /** The other content that a package of this identity had in a publication that is kept, the latest. */
    former(
      { id }: StoredRepository,
      {
        kind,
        name,
        version,
        architecture,
        content,
      }: Pick<PackageFacts, 'kind' | 'name' | 'version' | 'architecture' | 'content'>,
    ): FormerContent | undefined {
      const [found] = db.all<FormerContent>(
        `SELECT p.content, m.until - 1 AS last FROM packages p CROSS JOIN members m ON m.package = p.id
         WHERE p.name = :name AND p.version = :version AND p.architecture = :architecture AND p.kind = :kind
           AND p.content <> :content AND m.repository = :id AND m.until IS NOT NULL
         ORDER BY m.until DESC LIMIT 1`,
        { id, kind, name, version, architecture, content },
      );
      return found;
    },

    holdings({ id }: StoredRepository): Holding[] {
      return db.all(
        `SELECT derivative, kind, architecture, count(*) AS count FROM members INDEXED BY members_now
         WHERE repository = :id AND until IS NULL GROUP BY derivative, kind, architecture`,
        { id },
      );
    },

    /**
     * Those of a list that stand from one place up to another, page by page.
     *
     * @param from null for the first; `to` is left out, null for the end
     */
    *listed(
      { id }: StoredRepository,
      filter: ListFilter,
      from: ListKey | null,
      to: ListKey | null,
    ): Generator<ListKey[]> {
      const { derivative, kinds, architectures } = filter;
      let { name, package: row } = from ?? FIRST;
      for (let inclusive = true; ; inclusive = false) {
        const page = db.all<ListKey>(
          `SELECT name, package FROM members INDEXED BY members_now
           WHERE repository = :id AND until IS NULL AND derivative = :derivative
             AND (name, package) ${inclusive ? '>=' : '>'} (:name, :row)
             ${to === null ? '' : 'AND (name, package) < (:toName, :toRow)'}
             AND kind IN (${placeholders('k', kinds)}) AND architecture IN (${placeholders('a', architectures)})
           ORDER BY name, package LIMIT ${PAGE}`,
          {
            id,
            derivative,
            name,
            row,
            ...(to === null ? {} : { toName: to.name, toRow: to.package }),
            ...named('k', kinds),
            ...named('a', architectures),
          },
        );
        if (page.length > 0) yield page;
        const last = page.at(-1);
        if (page.length < PAGE || !last) return;
        ({ name, package: row } = last);
      }
    },
  };
}
