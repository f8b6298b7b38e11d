import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SqliteDialect, type SqliteStatement } from 'kysely';

type Value = null | number | bigint | string | Uint8Array;

/** Statements kept prepared; the control plane has some two hundred. */
const PREPARED_LIMIT = 500;

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

/** Kysely's SQLite dialect on node:sqlite: the two statement interfaces differ in how parameters and booleans go in. */
export function sqliteDialect(sqlite: DatabaseSync): SqliteDialect {
  const prepared = new Map<string, SqliteStatement>();
  return new SqliteDialect({
    database: {
      close: () => sqlite.close(),
      prepare: (sql) => {
        const known = prepared.get(sql);
        if (known) return known;
        if (prepared.size >= PREPARED_LIMIT) prepared.clear();
        // Taking the write lock at once: a transaction that begins by reading could otherwise fail when it first writes.
        const statement = statementOf(sqlite.prepare(sql === 'begin' ? 'begin immediate' : sql));
        prepared.set(sql, statement);
        return statement;
      },
    },
  });
}

function statementOf(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toValue)),
    run: (parameters) => statement.run(...parameters.map(toValue)),
    iterate: (parameters) => statement.iterate(...parameters.map(toValue)),
  };
}

function toValue(parameter: unknown): Value {
  if (parameter === true) return 1;
  if (parameter === false) return 0;
  if (parameter === undefined) return null;
  return parameter as Value;
}
