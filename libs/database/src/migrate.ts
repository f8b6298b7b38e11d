import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { controlPlane } from './migrations/0001-control-plane.ts';
import { access } from './migrations/0002-access.ts';
import { hosts } from './migrations/0003-hosts.ts';
import { activeJobs } from './migrations/0004-active-jobs.ts';
import { publications } from './migrations/0005-publications.ts';
import { shells } from './migrations/0006-shells.ts';

/** One step of the schema, in SQL. */
export interface Migration {
  name: string;
  sql: string;
}

/** All of them, in order. Forward only: a step that was released is never changed. */
const migrations: readonly Migration[] = [
  { name: '0001-control-plane', sql: controlPlane },
  { name: '0002-access', sql: access },
  { name: '0003-hosts', sql: hosts },
  { name: '0004-active-jobs', sql: activeJobs },
  { name: '0005-publications', sql: publications },
  { name: '0006-shells', sql: shells },
];

/** The schema is newer than this program. */
export class SchemaTooNewError extends Error {
  constructor(file: string, found: number, known: number) {
    super(
      `The database ${file} has schema ${found}, this version of fatbuildr knows ${known} at most: ` +
        'it was used by a newer version. Start that version, or restore the backup it made beside the database.',
    );
    this.name = 'SchemaTooNewError';
  }
}

/**
 * Brings the schema up to date, each step in a transaction of its own. A database that holds data is first copied to
 * `<file>.before-<step>`. Returns the names of the steps that ran.
 *
 * @throws SchemaTooNewError
 */
export function migrate(sqlite: DatabaseSync, file: string, steps: readonly Migration[] = migrations): string[] {
  const { user_version: current } = sqlite.prepare('PRAGMA user_version').get() as { user_version: number };
  if (current > steps.length) throw new SchemaTooNewError(file, current, steps.length);
  const pending = steps.slice(current);
  const [next] = pending;
  if (next && current > 0) backUp(sqlite, `${file}.before-${next.name}`);
  for (const [index, step] of pending.entries()) {
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      sqlite.exec(step.sql);
      sqlite.exec(`PRAGMA user_version = ${current + index + 1}`);
      sqlite.exec('COMMIT');
    } catch (error) {
      sqlite.exec('ROLLBACK');
      throw new Error(`The database ${file} could not be migrated (${step.name}); it is as it was.`, { cause: error });
    }
  }
  return pending.map((step) => step.name);
}

/** A backup with its final name is complete; the one of an earlier try that got further is kept. */
function backUp(sqlite: DatabaseSync, target: string): void {
  if (existsSync(target)) return;
  const partial = `${target}.partial-${process.pid}`;
  sqlite.prepare('VACUUM INTO ?').run(partial);
  renameSync(partial, target);
}
