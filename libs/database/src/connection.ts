import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { type Statements, statementsOn } from './statements.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

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

export function connect(sqlite: DatabaseSync, log: WriteAheadLog): Connection {
  const onDisk = sharedSync(log);
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
      // A full disk has ended it already.
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
      log.close();
    },
  };
}

const endOfTurn = promisify(setImmediate);

/**
 * Waits until all that was written before the call is on disk. Who asks in one turn of the event loop, or while a sync
 * runs, shares the next. After one that failed nobody knows what is on disk: from then on every one fails.
 */
function sharedSync(log: WriteAheadLog): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= last.then(endOfTurn).then(() => {
      next = undefined;
      last = log.sync();
      return last;
    });
    return next;
  };
}
