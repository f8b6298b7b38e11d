import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fatbuildr-database-'));
  path = join(dir, 'registry.db');
});
afterEach(() => rmSync(dir, { recursive: true }));

test.each([0, SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])('refuses tables of version %i, and leaves them', (version) => {
  const other = new DatabaseSync(path);
  other.exec(`CREATE TABLE repositories (id INTEGER PRIMARY KEY); PRAGMA user_version = ${version}`);
  expect(() => openDatabase(path)).toThrow(
    `has tables of version ${version}; this publisher reads version ${SCHEMA_VERSION}`,
  );
  expect(other.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 1 });
  expect(other.prepare('PRAGMA user_version').get()).toEqual({ user_version: version });
  other.close();
});

test('the version is raised whenever the tables change', () => {
  const tables = createHash('sha256')
    .update(SCHEMA.replace(/ *--.*/g, ''))
    .digest('hex');
  expect({ version: SCHEMA_VERSION, tables }, 'raise SCHEMA_VERSION, then write both down here').toEqual({
    version: 2,
    tables: '08d8dd0b7e277180fc4dac9982dd6466bd5717d81b9bd299598f023ef182ce79',
  });
});

test('undoes a transaction that fails', () => {
  const db = openDatabase(path);
  expect(() =>
    db.durably(() => {
      db.run("UPDATE about SET lineage = 'other'");
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(db.all('SELECT lineage FROM about')).not.toEqual([{ lineage: 'other' }]);
  db.close();
});
