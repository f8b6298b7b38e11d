import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Failure } from '@fatbuildr/domain';
import { compareEvr } from '@fatbuildr/domain/rpm';
import { toMember as toAptMember, toPublication } from '../apt/rows.ts';
import type { ListQuery, PackageSelector, Publication, PublishedPackage } from '../apt/types.ts';
import type { RpmTarget } from './layout.ts';
import { RPM_SCHEMA } from './schema.ts';
import type { IngestedRpm, RpmRepository } from './types.ts';

type Row = Record<string, SQLInputValue>;

export interface StoredRpmRepository {
  id: number;
  definition: RpmRepository;
  /** Null before the first publication. */
  revision: number | null;
}

/** A package of the present publication, and its row. */
export interface RpmMember extends PublishedPackage {
  id: number;
  content: string;
}

/** The three lists of a repository. */
export const LISTS = ['primary', 'filelists', 'other'] as const;
export type ListName = (typeof LISTS)[number];

/** A package as far as the order of a list needs it. */
export interface ListedRpm {
  id: number;
  name: string;
  digest: string;
}

export interface RpmHeadMove {
  repository: StoredRpmRepository;
  definition: RpmRepository;
  fence: number;
  publication: Publication;
  add: readonly { derivative: string; package: IngestedRpm }[];
  remove: readonly RpmMember[];
}

export interface Shard {
  plain: Uint8Array;
  packed: Uint8Array;
}

/** The publisher's database; every call is one short transaction. */
export type RpmStore = ReturnType<typeof openRpmStore>;

export function openRpmStore(path: string) {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000');
  db.exec(RPM_SCHEMA);
  const all = (sql: string, parameters: Row): Row[] => db.prepare(sql).all(parameters);
  const get = (sql: string, parameters: Row): Row | undefined => all(sql, parameters)[0];
  const run = (sql: string, parameters: Row) => db.prepare(sql).run(parameters);

  function transaction(work: () => void): void {
    db.exec('BEGIN IMMEDIATE');
    try {
      work();
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    find(instance: string, distribution: string): StoredRpmRepository | undefined {
      const row = get('SELECT * FROM rpm_repositories WHERE instance = :instance AND distribution = :distribution', {
        instance,
        distribution,
      });
      return row && toRepository(row);
    },

    repositories: (): StoredRpmRepository[] => all('SELECT * FROM rpm_repositories', {}).map(toRepository),

    /** The repository's row, made if need be, with the fence of a new writer. */
    startWriting(definition: RpmRepository): { repository: StoredRpmRepository; fence: number } {
      const { instance, distribution } = definition;
      const row = get(
        `INSERT INTO rpm_repositories (instance, distribution, definition, fence)
         VALUES (:instance, :distribution, :definition, 1)
         ON CONFLICT (instance, distribution) DO UPDATE SET fence = fence + 1 RETURNING *`,
        { instance, distribution, definition: JSON.stringify(definition) },
      ) as Row;
      return { repository: toRepository(row), fence: row['fence'] as number };
    },

    publication({ id, revision }: StoredRpmRepository): Publication | undefined {
      const row = get('SELECT * FROM rpm_publications WHERE repository = :id AND revision = :revision', {
        id,
        revision,
      });
      return row && toPublication(row);
    },

    publications({ id }: StoredRpmRepository, limit: number): Publication[] {
      return all('SELECT * FROM rpm_publications WHERE repository = :id ORDER BY revision DESC LIMIT :limit', {
        id,
        limit,
      }).map(toPublication);
    },

    /** The present members that match; an empty selector matches all. */
    members({ id }: StoredRpmRepository, selector: PackageSelector | ListQuery): RpmMember[] {
      const columns = {
        derivative: 'm.derivative',
        source: 'p.source_name',
        name: 'p.name',
        version: selector.source === undefined ? 'p.version' : 'p.source_version',
        architecture: 'p.architecture',
      };
      const keys = (Object.keys(columns) as (keyof typeof columns)[]).filter((key) => selector[key] !== undefined);
      return all(
        `SELECT p.id, p.kind, p.digest, p.content, p.name, p.version, p.architecture, p.source_name, p.source_version,
           p.section, p.summary, p.relations, p.files, m.derivative, m.since, u.created, u.tasks
         FROM rpm_members m JOIN rpm_packages p ON p.id = m.package
         JOIN rpm_publications u ON u.repository = m.repository AND u.revision = m.since
         WHERE m.repository = :id AND m.until IS NULL ${keys.map((key) => `AND ${columns[key]} = :${key}`).join(' ')}`,
        { id, ...Object.fromEntries(keys.map((key) => [key, selector[key] as string])) },
      )
        .map((row) => ({ ...toAptMember(row), content: row['content'] as string }))
        .sort(byRpmIdentity);
    },

    /** The derivatives that hold packages now, and how many. */
    holdings({ id }: StoredRpmRepository): { derivative: string; count: number }[] {
      return all(
        `SELECT derivative, count(*) AS count FROM rpm_members WHERE repository = :id AND until IS NULL
         GROUP BY derivative`,
        { id },
      ) as unknown as { derivative: string; count: number }[];
    },

    /** What a target holds now, unordered. */
    listed({ id }: StoredRpmRepository, target: RpmTarget): ListedRpm[] {
      const wanted = target.architectures.map((_, index) => `:a${index}`).join();
      return all(
        `SELECT p.id, p.name, p.digest FROM rpm_members m JOIN rpm_packages p ON p.id = m.package
         WHERE m.repository = :id AND m.until IS NULL AND m.derivative = :derivative AND p.architecture IN (${wanted})`,
        {
          id,
          derivative: target.derivative,
          ...Object.fromEntries(target.architectures.map((architecture, index) => [`a${index}`, architecture])),
        },
      ) as unknown as ListedRpm[];
    },

    /** A package's element in a list. */
    fragment(id: number, list: ListName): string {
      const row = get(`SELECT ${list}_xml AS xml FROM rpm_packages WHERE id = :id`, { id });
      return gunzipSync(row?.['xml'] as Uint8Array).toString();
    },

    shard(target: string, list: ListName, shard: string): Shard | undefined {
      return get('SELECT plain, packed FROM rpm_shards WHERE target = :target AND list = :list AND shard = :shard', {
        target,
        list,
        shard,
      }) as Shard | undefined;
    },

    keepShard(target: string, list: ListName, shard: string, { plain, packed }: Shard): void {
      run('INSERT OR REPLACE INTO rpm_shards VALUES (:target, :list, :shard, :plain, :packed)', {
        target,
        list,
        shard,
        plain,
        packed,
      });
    },

    /** Forgets the shards of a target but those. */
    keepOnlyShards(target: string, shards: ReadonlySet<string>): void {
      const gone = all('SELECT DISTINCT shard FROM rpm_shards WHERE target = :target', { target })
        .map((row) => row['shard'] as string)
        .filter((shard) => !shards.has(shard));
      transaction(() => {
        for (const shard of gone)
          run('DELETE FROM rpm_shards WHERE target = :target AND shard = :shard', { target, shard });
      });
    },

    /**
     * Records a publication and makes it the head, in one transaction.
     *
     * @throws Failure `publish-failure` when another writer started since or the head is not where it was
     */
    moveHead({ repository: { id }, definition, fence, publication, add, remove }: RpmHeadMove): void {
      const { revision, previous, created, tasks, manifest } = publication;
      transaction(() => {
        const moved = run(
          `UPDATE rpm_repositories SET revision = :revision, definition = :definition
           WHERE id = :id AND fence = :fence AND revision IS :previous`,
          { id, revision, fence, previous, definition: JSON.stringify(definition) },
        );
        if (moved.changes !== 1) {
          throw new Failure(
            'publish-failure',
            `another writer works on ${definition.distribution}; nothing was changed`,
          );
        }
        run('INSERT INTO rpm_publications VALUES (:id, :revision, :previous, :created, :tasks, :manifest)', {
          id,
          revision,
          previous,
          created,
          tasks: JSON.stringify(tasks),
          manifest: JSON.stringify(manifest),
        });
        for (const member of remove) {
          run(
            `UPDATE rpm_members SET until = :revision
             WHERE repository = :id AND derivative = :derivative AND package = :package AND until IS NULL`,
            { id, revision, derivative: member.derivative, package: member.id },
          );
        }
        for (const { derivative, package: added } of add) {
          const row = get(INSERT_PACKAGE, toPackageRow(added)) as Row;
          run(
            'INSERT INTO rpm_members (repository, derivative, package, since) VALUES (:id, :derivative, :package, :revision)',
            { id, derivative, package: row['id'] as number, revision },
          );
        }
      });
    },

    close: () => db.close(),
  };
}

const INSERT_PACKAGE = `INSERT INTO rpm_packages (kind, digest, content, name, version, architecture, source_name,
    source_version, section, summary, relations, files, primary_xml, filelists_xml, other_xml)
  VALUES (:kind, :digest, :content, :name, :version, :architecture, :source_name,
    :source_version, :section, :summary, :relations, :files, :primary, :filelists, :other)
  ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest RETURNING id`;

function toPackageRow(added: IngestedRpm): Row {
  return {
    kind: added.kind,
    digest: added.digest,
    content: added.content,
    name: added.name,
    version: added.version,
    architecture: added.architecture,
    source_name: added.source.name,
    source_version: added.source.version,
    section: added.section,
    summary: added.summary,
    relations: JSON.stringify(added.relations),
    files: JSON.stringify(added.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))),
    primary: gzipSync(added.fragments.primary),
    filelists: gzipSync(added.fragments.filelists),
    other: gzipSync(added.fragments.other),
  };
}

function toRepository(row: Row): StoredRpmRepository {
  return {
    id: row['id'] as number,
    definition: JSON.parse(row['definition'] as string) as RpmRepository,
    revision: row['revision'] as number | null,
  };
}

function byRpmIdentity(a: RpmMember, b: RpmMember): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareEvr(a.version, b.version) || a.architecture.localeCompare(b.architecture);
}
