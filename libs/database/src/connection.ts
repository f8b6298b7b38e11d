import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Statements, statementsOn } from './statements.ts';

/**
 * Opens `file` with the settings that make a commit durable: WAL with `synchronous=FULL`.
 * One process owns the file; a second writer waits 5 s for a lock and then fails.
 */
export function openSqlite(file: string): DatabaseSync {
  // SQLite would make it readable to all; its -wal and -shm files take their mode from it.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o640));
  const sqlite = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5_000 });
  sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  return sqlite;
}

/** The one connection, in turn a transaction's and everybody else's. */
export interface Connection {
  /** Statements outside transactions: they wait for the end of one. */
  outside: Statements;
  /** Statements of the transaction that is open. */
  inside: Statements;
  /** Runs `work` between a begin that takes the write lock and a commit; rolls back what throws. One at a time. */
  transaction(work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export function connect(sqlite: DatabaseSync): Connection {
  // Taking the write lock at once: a transaction that begins by reading could otherwise fail when it first writes.
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) => sqlite.prepare(sql));
  let open: Promise<void> | undefined;

  async function whenClosed<T>(work: () => T): Promise<T> {
    while (open) await open;
    return work();
  }
  async function whileOpen<T>(work: () => T): Promise<T> {
    if (!open) throw new Error('the transaction is over');
    return work();
  }

  return {
    outside: statementsOn(sqlite, whenClosed),
    inside: statementsOn(sqlite, whileOpen),
    async transaction(work) {
      const { promise, resolve } = Promise.withResolvers<void>();
      open = promise;
      try {
        begin?.run();
        await work();
        commit?.run();
      } catch (error) {
        if (sqlite.isTransaction) rollback?.run();
        throw error;
      } finally {
        open = undefined;
        resolve();
      }
    },
    close: () =>
      whenClosed(() => {
        if (sqlite.isOpen) sqlite.close();
      }),
  };
}
