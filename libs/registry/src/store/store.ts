import { Failure } from '@fatbuildr/domain';
import type { Publication } from '../model/publication.ts';
import type { Repository, RepositoryRef } from '../model/repository.ts';
import { openDatabase } from './database.ts';
import { garbageQueries } from './garbage.ts';
import { memberQueries } from './members.ts';
import { packageQueries } from './packages.ts';
import { type Member, type StoredRepository, toPublication, toRepository } from './rows.ts';
import { type ListShards, shardQueries } from './shards.ts';

/** A package that becomes a member, and the task that asked for it. */
export interface Arrival extends Pick<Member, 'id' | 'derivative' | 'name' | 'kind' | 'architecture'> {
  task: string | null;
}

/** A member that goes, and the task that asked for it. */
export interface Departure extends Pick<Member, 'id' | 'derivative' | 'name'> {
  task: string | null;
}

/** What moves a head. */
export interface HeadMove {
  repository: StoredRepository;
  definition: Repository;
  fence: number;
  publication: Publication;
  add: readonly Arrival[];
  remove: readonly Departure[];
  /** The lists that changed, and the keys of all that there are. */
  lists: readonly ListShards[];
  allLists: ReadonlySet<string>;
}

/** The publisher's database; every call is one short transaction. */
export type Store = ReturnType<typeof openStore>;

export function openStore(path: string) {
  const db = openDatabase(path);
  const shards = shardQueries(db);
  const publications = `SELECT u.*, (SELECT json_group_array(t.task) FROM publication_tasks t
      WHERE t.repository = u.repository AND t.revision = u.revision) AS tasks
    FROM publications u WHERE u.repository = :id`;

  return {
    ...memberQueries(db),
    ...packageQueries(db),
    ...shards,
    ...garbageQueries(db),

    /** Writes many rows as one; a crash may forget them. */
    together: db.transaction,

    lineage: (): string => db.all<{ lineage: string }>('SELECT lineage FROM about')[0]?.lineage ?? '',

    find({ instance, format, distribution }: RepositoryRef): StoredRepository | undefined {
      const [row] = db.all(
        'SELECT * FROM repositories WHERE instance = :instance AND format = :format AND distribution = :distribution',
        { instance, format, distribution },
      );
      return row && toRepository(row);
    },

    repositories: (): StoredRepository[] => db.all('SELECT * FROM repositories').map(toRepository),

    /** The repository's row, made if need be, with the fence of a new writer. */
    startWriting(definition: Repository): { repository: StoredRepository; fence: number } {
      const { instance, format, distribution } = definition;
      const [row = {}] = db.all(
        `INSERT INTO repositories (instance, format, distribution, definition, fence)
         VALUES (:instance, :format, :distribution, :definition, 1)
         ON CONFLICT (instance, format, distribution) DO UPDATE SET fence = fence + 1 RETURNING *`,
        { instance, format, distribution, definition: JSON.stringify(definition) },
      );
      return { repository: toRepository(row), fence: row['fence'] as number };
    },

    /** A publication, the present one unless a revision is given. */
    publication(repository: StoredRepository, revision = repository.revision): Publication | undefined {
      const [row] = db.all(`${publications} AND u.revision = :revision`, { id: repository.id, revision });
      return row && toPublication(row);
    },

    /** Newest first. */
    publications({ id }: StoredRepository, limit: number, before = Number.MAX_SAFE_INTEGER): Publication[] {
      return db
        .all(`${publications} AND u.revision < :before ORDER BY u.revision DESC LIMIT :limit`, { id, before, limit })
        .map(toPublication);
    },

    /** Oldest first. */
    publicationsAfter({ id }: StoredRepository, revision: number, limit: number): Publication[] {
      return db
        .all(`${publications} AND u.revision > :revision ORDER BY u.revision LIMIT :limit`, { id, revision, limit })
        .map(toPublication);
    },

    /** Those that are kept, by their numbers. */
    revisions({ id, revision }: StoredRepository): { oldest: number; current: number } | undefined {
      if (revision === null) return undefined;
      const [row] = db.all<{ oldest: number }>(
        'SELECT min(revision) AS oldest FROM publications WHERE repository = :id',
        {
          id,
        },
      );
      return { oldest: row?.oldest ?? revision, current: revision };
    },

    /** The revision that a task brought about. */
    revisionOf({ id }: StoredRepository, task: string): number | undefined {
      const [row] = db.all<{ revision: number }>(
        'SELECT revision FROM publication_tasks WHERE repository = :id AND task = :task',
        { id, task },
      );
      return row?.revision;
    },

    /**
     * Records a publication and makes it the head, in one transaction.
     *
     * @throws Failure `publish-failure` when another writer started since or the head is not where it was
     */
    moveHead({ repository, definition, fence, publication, add, remove, lists, allLists }: HeadMove): void {
      const { id } = repository;
      const { revision, previous, created, tasks, packages, added, removed, manifest } = publication;
      db.durably(() => {
        const moved = db.run(
          `UPDATE repositories SET revision = :revision, definition = :definition
           WHERE id = :id AND fence = :fence AND revision IS :previous`,
          { id, revision, fence, previous, definition: JSON.stringify(definition) },
        );
        if (moved !== 1) {
          throw new Failure(
            'publish-failure',
            `another writer works on ${definition.distribution}; nothing was changed`,
            {
              hint: 'see that one publisher alone uses this registry, and try again',
            },
          );
        }
        db.run(
          `INSERT INTO publications (repository, revision, previous, created, packages, added, removed, manifest)
           VALUES (:id, :revision, :previous, :created, :packages, :added, :removed, :manifest)`,
          { id, revision, previous, created, packages, added, removed, manifest: JSON.stringify(manifest) },
        );
        for (const task of tasks)
          db.run('INSERT INTO publication_tasks VALUES (:id, :task, :revision)', { id, task, revision });
        for (const { id: row, derivative, name, task } of remove) {
          db.run(
            `UPDATE members SET until = :revision, until_task = :task
             WHERE repository = :id AND derivative = :derivative AND name = :name AND package = :row AND until IS NULL`,
            { id, revision, derivative, name, row, task },
          );
        }
        for (const { id: row, derivative, name, kind, architecture, task } of add) {
          db.run(
            `INSERT INTO members (repository, derivative, package, name, kind, architecture, since, published, task)
             VALUES (:id, :derivative, :row, :name, :kind, :architecture, :revision, :created, :task)`,
            { id, derivative, row, name, kind, architecture, revision, created, task },
          );
        }
        for (const list of lists) shards.replaceShards(repository, list, revision);
        shards.keepOnlyLists(repository, allLists);
      });
    },

    close: () => db.close(),
  };
}
