import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { sharedSync } from './shared-sync.ts';
import { type Statements, statementsOn } from './statements.ts';

/**
 * Opens `file` in WAL mode. One process owns it; a second writer waits 5 s for a lock and then fails.
 * With `synchronous=NORMAL` a commit writes the log without waiting for the disk; {@link connect} does that for all.
 * The log may grow to 16 MB before its pages are moved into the file, for which everybody waits.
 */
export function openSqlite(file: string): DatabaseSync {
  // SQLite would make it readable to all; its -wal and -shm files take their mode from it.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o640));
  const sqlite = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5_000 });
  sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000');
  return sqlite;
}

/** The one connection, in turn a transaction's and everybody else's. */
export interface Connection {
  /** Statements outside transactions, each on its own: they wait for the end of one. */
  outside: Statements;
  /** Statements of the transaction that is open. */
  inside: Statements;
  /**
   * Runs `work` between a begin that takes the write lock and a commit, after the transactions that were asked for
   * before; rolls back what throws. Resolves when it is on disk: others go on meanwhile, and share the wait.
   */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const sync = promisify(fdatasync);
/** When the requests that arrived together have all been read, so that they share a sync. */
const endOfTurn = promisify(setImmediate);

/** The connection to a database that was opened and migrated. */
export function connect(sqlite: DatabaseSync, file: string): Connection {
  const log = file === ':memory:' ? undefined : openLog(file);
  const onDisk = sharedSync(log === undefined ? async () => {} : () => endOfTurn().then(() => sync(log)));
  // Taking the write lock at once: a transaction that begins by reading could otherwise fail when it first writes.
  const begin = sqlite.prepare('BEGIN IMMEDIATE');
  const commit = sqlite.prepare('COMMIT');
  const rollback = sqlite.prepare('ROLLBACK');
  let last: Promise<unknown> = Promise.resolve();
  let open = false;

  /** Runs `work` when all that was asked for before is over. */
  function inTurn<T>(work: () => Promise<T> | T): Promise<T> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  async function whileOpen<T>(work: () => T): Promise<T> {
    if (!open) throw new Error('the transaction is over');
    return work();
  }

  async function transact<T>(work: () => Promise<T>): Promise<T> {
    begin.run();
    open = true;
    try {
      const result = await work();
      commit.run();
      return result;
    } catch (error) {
      if (sqlite.isTransaction) rollback.run();
      throw error;
    } finally {
      open = false;
    }
  }

  async function kept<T>(result: Promise<T>): Promise<T> {
    const value = await result;
    await onDisk();
    return value;
  }

  return {
    outside: statementsOn(sqlite, { read: inTurn, write: (work) => kept(inTurn(work)) }),
    inside: statementsOn(sqlite, { read: whileOpen, write: whileOpen }),
    transaction: (work) => kept(inTurn(() => transact(work))),
    async close() {
      await kept(inTurn(() => {}));
      if (sqlite.isOpen) sqlite.close();
      if (log !== undefined) closeSync(log);
    },
  };
}

/** The write-ahead log, which is there as long as the database is open. Its name in the directory is on disk then. */
function openLog(file: string): number {
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
  return openSync(`${file}-wal`, 'r+');
}
