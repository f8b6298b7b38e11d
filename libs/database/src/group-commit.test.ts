import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { groupCommits, type Transact } from './group-commit.ts';

let sqlite: DatabaseSync;
let commits: number;
let transact: Transact<DatabaseSync>;

beforeEach(() => {
  sqlite = new DatabaseSync(':memory:');
  sqlite.exec('CREATE TABLE t (a)');
  commits = 0;
  transact = groupCommits(sqlite, async (all) => {
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      await all(sqlite);
      sqlite.exec('COMMIT');
      commits++;
    } catch (error) {
      if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
      throw error;
    }
  });
});

const insert = (value: string) => transact(async (db) => db.prepare('INSERT INTO t VALUES (?)').run(value));
const rows = () =>
  sqlite
    .prepare('SELECT a FROM t')
    .all()
    .map((row) => row['a']);

test('what is asked for at once is committed once, and told after that', async () => {
  const told = insert('a').then(() => commits);
  await Promise.all([told, insert('b'), insert('c')]);
  expect(await told).toBe(1);
  expect(commits).toBe(1);
  expect(rows()).toEqual(['a', 'b', 'c']);
  await insert('d');
  expect(commits).toBe(2);
});

test('one that throws takes back its own changes alone', async () => {
  const failing = transact(async (db) => {
    db.exec("INSERT INTO t VALUES ('gone')");
    throw new Error('no');
  });
  const [first, failed, last] = await Promise.allSettled([insert('a'), failing, insert('b')]);
  expect([first.status, failed.status, last.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(rows()).toEqual(['a', 'b']);
});

test('when the database gave up the whole transaction, nobody is told of success', async () => {
  const ending = transact(async (db) => {
    db.exec('ROLLBACK');
    throw new Error('disk full');
  });
  const ends = await Promise.allSettled([insert('a'), ending, insert('b')]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(rows()).toEqual([]);
  await insert('c');
  expect(rows()).toEqual(['c']);
});
