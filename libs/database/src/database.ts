import { connect, openSqlite } from './connection.ts';
import { migrate } from './migrate.ts';
import type { Statements } from './statements.ts';
import { type AttemptStore, attemptStore } from './stores/attempts.ts';
import { type AuditStore, auditStore } from './stores/audit.ts';
import { type BlobRecordStore, blobRecordStore } from './stores/blob-records.ts';
import { type IdempotencyStore, idempotencyStore } from './stores/idempotency.ts';
import { type JobStore, jobStore } from './stores/jobs.ts';
import { type PublishedStore, publishedStore } from './stores/published.ts';
import { type RegistryStore, registryStore } from './stores/registry.ts';
import { type ResultStore, resultStore } from './stores/results.ts';
import { type TaskStore, taskStore } from './stores/tasks.ts';
import { type TokenStore, tokenStore } from './stores/tokens.ts';
import { type VersionStore, versionStore } from './stores/versions.ts';
import { type WorkerStore, workerStore } from './stores/workers.ts';
import { openLog } from './write-ahead-log.ts';

/** Every table group, on the database itself or inside one transaction. */
export interface Stores {
  tasks: TaskStore;
  jobs: JobStore;
  attempts: AttemptStore;
  results: ResultStore;
  blobs: BlobRecordStore;
  workers: WorkerStore;
  tokens: TokenStore;
  idempotency: IdempotencyStore;
  registry: RegistryStore;
  published: PublishedStore;
  versions: VersionStore;
  audit: AuditStore;
}

export interface Database {
  /** For single reads and writes outside a transaction. */
  stores: Stores;
  /**
   * Runs `work` in one transaction that holds the write lock from its begin; what it throws rolls back. Resolves when
   * the commit is on disk; others see it as soon as it is made.
   * `work` awaits nothing but the stores it is given: everybody else waits for it, and `database.stores` too.
   */
  transact<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** The steps that opening it ran. */
  migrated: string[];
  close(): Promise<void>;
}

/**
 * Opens (and creates, and migrates) the database in `file`; `:memory:` for one that nobody keeps.
 *
 * @throws SchemaTooNewError
 */
export function openDatabase(file: string): Database {
  const sqlite = openSqlite(file);
  let migrated: string[];
  try {
    migrated = migrate(sqlite, file);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  const connection = connect(sqlite, openLog(file));
  const inside = storesOn(connection.inside);
  return {
    stores: storesOn(connection.outside),
    transact: (work) => connection.transaction(() => work(inside)),
    migrated,
    close: connection.close,
  };
}

function storesOn(sql: Statements): Stores {
  return {
    tasks: taskStore(sql),
    jobs: jobStore(sql),
    attempts: attemptStore(sql),
    results: resultStore(sql),
    blobs: blobRecordStore(sql),
    workers: workerStore(sql),
    tokens: tokenStore(sql),
    idempotency: idempotencyStore(sql),
    registry: registryStore(sql),
    published: publishedStore(sql),
    versions: versionStore(sql),
    audit: auditStore(sql),
  };
}
