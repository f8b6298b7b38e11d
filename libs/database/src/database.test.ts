import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { migrate, SchemaTooNewError } from './migrate.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-database-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const upload = (id: string) => ({ id, length: 1, name: null, sha256: null, requestedBy: 'local', created: 1 });

test('a transaction that throws leaves nothing', async () => {
  const database = openDatabase(':memory:');
  const failing = database.transact(async (stores) => {
    await stores.blobs.insertUpload(upload('a'));
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await database.stores.blobs.upload('a')).toBeUndefined();
  await database.close();
});

test('transactions run one after another', async () => {
  const database = openDatabase(':memory:');
  const steps: string[] = [];
  const run = (name: string) =>
    database.transact(async (stores) => {
      steps.push(`${name} in`);
      await stores.blobs.insertUpload(upload(name));
      await stores.blobs.upload(name);
      steps.push(`${name} out`);
    });
  await Promise.all([run('a'), run('b')]);
  expect(steps).toEqual(['a in', 'a out', 'b in', 'b out']);
  await database.close();
});

test('what was committed is there after the next start, in a journal that survives power loss', async () => {
  const file = join(directory, 'farm.db');
  const first = openDatabase(file);
  await first.stores.blobs.insertUpload(upload('a'));
  await first.close();
  const second = openDatabase(file);
  expect(second.migrated).toEqual([]);
  expect(await second.stores.blobs.upload('a')).toEqual(upload('a'));
  await second.close();
  const plain = new DatabaseSync(file);
  expect(plain.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  plain.close();
});

test('foreign keys hold', async () => {
  const database = openDatabase(':memory:');
  await expect(database.stores.blobs.refer('task', ['0'.repeat(64)])).rejects.toThrow(/FOREIGN KEY/);
  await database.close();
});

test('a newer schema refuses to start and says why', async () => {
  const file = join(directory, 'farm.db');
  await openDatabase(file).close();
  const plain = new DatabaseSync(file);
  plain.exec('PRAGMA user_version = 999');
  plain.close();
  expect(() => openDatabase(file)).toThrow(SchemaTooNewError);
  expect(() => openDatabase(file)).toThrow(/newer version/);
});

const one = { name: '0001-one', sql: 'CREATE TABLE one (a INTEGER)' };
const two = { name: '0002-two', sql: 'CREATE TABLE two (a INTEGER)' };

test('a database with data is backed up before it is migrated', () => {
  const file = join(directory, 'farm.db');
  const sqlite = new DatabaseSync(file);
  expect(migrate(sqlite, file, [one])).toEqual(['0001-one']);
  expect(readdirSync(directory)).toEqual(['farm.db']);
  sqlite.exec('INSERT INTO one VALUES (7)');
  expect(migrate(sqlite, file, [one, two])).toEqual(['0002-two']);
  sqlite.close();
  const backup = new DatabaseSync(`${file}.before-0002-two`);
  expect(backup.prepare('SELECT a FROM one').all()).toEqual([{ a: 7 }]);
  expect(backup.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  backup.close();
});

test('a migration that fails leaves the schema as it was', () => {
  const file = join(directory, 'farm.db');
  const sqlite = new DatabaseSync(file);
  const broken = { name: '0002-broken', sql: 'CREATE TABLE three (a INTEGER); CREATE TABLE one (a INTEGER)' };
  migrate(sqlite, file, [one]);
  expect(() => migrate(sqlite, file, [one, broken])).toThrow(/0002-broken/);
  expect(sqlite.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  expect(sqlite.prepare("SELECT name FROM sqlite_master WHERE name = 'three'").all()).toEqual([]);
  sqlite.close();
});

test('the file is not for everybody to read, nor what SQLite keeps beside it', async () => {
  const database = openDatabase(join(directory, 'x.db'));
  await database.stores.blobs.insertUpload(upload('a'));
  const open = readdirSync(directory).filter((name) => statSync(join(directory, name)).mode & 0o007);
  expect(open).toEqual([]);
  await database.close();
});

test('what is in the audit log stays as it was written', async () => {
  const file = join(directory, 'farm.db');
  const database = openDatabase(file);
  await database.stores.audit.append({ at: 1, who: 'ann', action: 'build', subject: 'x', detail: null });
  await database.close();
  const plain = new DatabaseSync(file);
  expect(() => plain.exec("UPDATE audit SET who = 'eve'")).toThrow(/append-only/);
  expect(() => plain.exec('DELETE FROM audit')).toThrow(/append-only/);
  expect(plain.prepare('SELECT who, outcome, origin FROM audit').all()).toEqual([
    { who: 'ann', outcome: 'done', origin: null },
  ]);
  plain.close();
});
