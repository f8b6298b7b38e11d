import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Failure, newId } from '@fatbuildr/domain';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

export type Row = Record<string, SQLInputValue>;

/** A database with each statement prepared once. */
export type Database = ReturnType<typeof openDatabase>;

/**
 * Opens the publisher's database, made if need be. What is written is durable once `durably` returns, and with it all
 * that was written before.
 *
 * @throws Failure `infrastructure-failure` when the file is another version's
 */
export function openDatabase(path: string) {
  const db = new DatabaseSync(path);
  // Large pages: most of what is read and written are pieces of indexes. They must be set before the first table.
  db.exec('PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec('PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000');
  try {
    prepareSchema(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
  const statements = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const made = db.prepare(sql);
    statements.set(sql, made);
    return made;
  };

  function transaction<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk has ended it already.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    all: <T = Row>(sql: string, parameters: Row = {}): T[] => statement(sql).all(parameters) as unknown as T[],
    run: (sql: string, parameters: Row = {}): number => Number(statement(sql).run(parameters).changes),
    /** @returns the row's number */
    insert: (sql: string, parameters: Row): number => Number(statement(sql).run(parameters).lastInsertRowid),
    /** All of it or nothing. A crash may forget it. */
    transaction,
    /** All of it or nothing, and on the disk when it returns. */
    durably<T>(work: () => T): T {
      db.exec('PRAGMA synchronous = FULL');
      try {
        return transaction(work);
      } finally {
        db.exec('PRAGMA synchronous = NORMAL');
      }
    },
    close: () => db.close(),
  };
}

function prepareSchema(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE');
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  const tables = db.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table'").get()?.['count'];
  if (version === 0 && tables === 0) {
    db.exec(SCHEMA);
    db.prepare('INSERT INTO about (lineage) VALUES (?)').run(newId());
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  } else if (version !== SCHEMA_VERSION) {
    throw new Failure(
      'infrastructure-failure',
      `${path} has tables of version ${version}; this publisher reads version ${SCHEMA_VERSION}`,
      {
        hint:
          'run the version of Fatbuildr that wrote it; or move the file and the registry tree away, start again, and ' +
          'take the packages over from that tree with "fatbuildrctl registry import"',
      },
    );
  }
  db.exec('COMMIT');
}
