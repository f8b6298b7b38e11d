import { DatabaseSync } from 'node:sqlite';
import { Failure } from '@fatbuildr/domain';
import type { IndexedPackage, IndexTarget } from './indexes.ts';
import {
  byIdentity,
  type Holding,
  type Member,
  type Row,
  type StoredRepository,
  toMember,
  toPackageRow,
  toPublication,
  toRepository,
  unpack,
} from './rows.ts';
import { SCHEMA } from './schema.ts';
import type { AptRepository, IngestedPackage, ListQuery, PackageSelector, Publication } from './types.ts';

/** What moves a head. */
export interface HeadMove {
  repository: StoredRepository;
  definition: AptRepository;
  fence: number;
  publication: Publication;
  add: readonly { derivative: string; package: IngestedPackage }[];
  remove: readonly Member[];
}

/** The publisher's database; every call is one short transaction. */
export type AptStore = ReturnType<typeof openStore>;

export function openStore(path: string) {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000');
  db.exec(SCHEMA);

  const all = (sql: string, parameters: Row): Row[] => db.prepare(sql).all(parameters);
  const get = (sql: string, parameters: Row): Row | undefined => all(sql, parameters)[0];
  const run = (sql: string, parameters: Row) => db.prepare(sql).run(parameters);

  function find(instance: string, distribution: string): StoredRepository | undefined {
    const row = get('SELECT * FROM repositories WHERE instance = :instance AND distribution = :distribution', {
      instance,
      distribution,
    });
    return row && toRepository(row);
  }

  function addPackage(added: IngestedPackage): number {
    run(
      `INSERT OR IGNORE INTO packages (kind, digest, name, version, architecture, source_name, source_version, section,
         summary, relations, stanza, contents, files)
       VALUES (:kind, :digest, :name, :version, :architecture, :source_name, :source_version, :section,
         :summary, :relations, :stanza, :contents, :files)`,
      toPackageRow(added),
    );
    const row = get('SELECT id FROM packages WHERE digest = :digest AND kind = :kind', {
      digest: added.digest,
      kind: added.kind,
    });
    return row?.['id'] as number;
  }

  return {
    find,

    /** The repository's row, made if need be, with the fence of a new writer. */
    startWriting(definition: AptRepository): { repository: StoredRepository; fence: number } {
      const { instance, distribution } = definition;
      const row = get(
        `INSERT INTO repositories (instance, distribution, definition, fence)
         VALUES (:instance, :distribution, :definition, 1)
         ON CONFLICT (instance, distribution) DO UPDATE SET fence = fence + 1 RETURNING *`,
        { instance, distribution, definition: JSON.stringify(definition) },
      ) as Row;
      return { repository: toRepository(row), fence: row['fence'] as number };
    },

    repositories: (): StoredRepository[] => all('SELECT * FROM repositories', {}).map(toRepository),

    publication(repository: StoredRepository): Publication | undefined {
      const row = get('SELECT * FROM publications WHERE repository = :id AND revision = :revision', {
        id: repository.id,
        revision: repository.revision,
      });
      return row && toPublication(row);
    },

    publications(repository: StoredRepository, limit: number): Publication[] {
      return all('SELECT * FROM publications WHERE repository = :id ORDER BY revision DESC LIMIT :limit', {
        id: repository.id,
        limit,
      }).map(toPublication);
    },

    /** The present members that match; an empty selector matches all. */
    members(repository: StoredRepository, selector: PackageSelector | ListQuery): Member[] {
      // Only what is given becomes a condition: so SQLite can use its indexes.
      const columns = {
        derivative: 'm.derivative',
        source: 'p.source_name',
        name: 'p.name',
        version: selector.source === undefined ? 'p.version' : 'p.source_version',
        architecture: 'p.architecture',
      };
      const keys = (Object.keys(columns) as (keyof typeof columns)[]).filter((key) => selector[key] !== undefined);
      return all(
        `SELECT p.*, m.derivative, m.since, u.created, u.tasks
         FROM members m JOIN packages p ON p.id = m.package
         JOIN publications u ON u.repository = m.repository AND u.revision = m.since
         WHERE m.repository = :id AND m.until IS NULL ${keys.map((key) => `AND ${columns[key]} = :${key}`).join(' ')}`,
        { id: repository.id, ...Object.fromEntries(keys.map((key) => [key, selector[key] as string])) },
      )
        .map(toMember)
        .sort(byIdentity);
    },

    holdings(repository: StoredRepository): Holding[] {
      return all(
        `SELECT m.derivative, p.kind, count(*) AS count FROM members m JOIN packages p ON p.id = m.package
         WHERE m.repository = :id AND m.until IS NULL GROUP BY m.derivative, p.kind`,
        { id: repository.id },
      ) as unknown as Holding[];
    },

    /** What an index holds now, without the packages of those rows; contents are read only where wanted. */
    indexed(repository: StoredRepository, target: IndexTarget, without: ReadonlySet<number>): IndexedPackage[] {
      const { derivative, kind } = target;
      const wanted = target.architectures.map((_, index) => `:a${index}`).join();
      return all(
        `SELECT p.id, p.name, p.version, p.section, p.stanza, p.contents
         FROM members m JOIN packages p ON p.id = m.package
         WHERE m.repository = :id AND m.until IS NULL AND m.derivative = :derivative AND p.kind = :kind
           AND p.architecture IN (${wanted})`,
        {
          id: repository.id,
          derivative,
          kind,
          ...Object.fromEntries(target.architectures.map((architecture, index) => [`a${index}`, architecture])),
        },
      )
        .filter((row) => !without.has(row['id'] as number))
        .map((row) => ({
          name: row['name'] as string,
          version: row['version'] as string,
          section: row['section'] as string,
          stanza: row['stanza'] as string,
          get contents() {
            return unpack(row['contents'] as Uint8Array);
          },
        }));
    },

    /**
     * Records a publication and makes it the head, in one transaction.
     *
     * @throws Failure `publish-failure` when another writer started since or the head is not where it was
     */
    moveHead({ repository, definition, fence, publication, add, remove }: HeadMove): void {
      const id = repository.id;
      const { revision, previous, created, tasks, manifest } = publication;
      db.exec('BEGIN IMMEDIATE');
      try {
        const moved = run(
          `UPDATE repositories SET revision = :revision, definition = :definition
           WHERE id = :id AND fence = :fence AND revision IS :previous`,
          { id, revision, fence, previous, definition: JSON.stringify(definition) },
        );
        if (moved.changes !== 1) {
          throw new Failure(
            'publish-failure',
            `another writer works on ${definition.distribution}; nothing was changed`,
          );
        }
        run(
          `INSERT INTO publications (repository, revision, previous, created, tasks, manifest)
           VALUES (:id, :revision, :previous, :created, :tasks, :manifest)`,
          { id, revision, previous, created, tasks: JSON.stringify(tasks), manifest: JSON.stringify(manifest) },
        );
        for (const member of remove) {
          run(
            `UPDATE members SET until = :revision
             WHERE repository = :id AND derivative = :derivative AND package = :package AND until IS NULL`,
            { id, revision, derivative: member.derivative, package: member.id },
          );
        }
        for (const { derivative, package: added } of add) {
          run(
            'INSERT INTO members (repository, derivative, package, since) VALUES (:id, :derivative, :package, :revision)',
            {
              id,
              derivative,
              package: addPackage(added),
              revision,
            },
          );
        }
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },

    close: () => db.close(),
  };
}
