import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './database.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fatbuildr-database-'));
  path = join(dir, 'registry.db');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('refuses the tables of another version, and leaves them as they are', () => {
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE repositories (id INTEGER PRIMARY KEY)');
  expect(() => openDatabase(path)).toThrow('has tables of version 0; this publisher reads version 1');
  expect(other.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 1 });
  other.close();
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
