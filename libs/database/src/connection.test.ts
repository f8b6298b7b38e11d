import { beforeEach, expect, test } from 'vitest';
import { type Connection, connect, openSqlite } from './connection.ts';
import { kysely } from './kysely.ts';

let syncs: PromiseWithResolvers<void>[];
let connection: Connection;

beforeEach(() => {
  syncs = [];
  const sqlite = openSqlite(':memory:');
  sqlite.exec('CREATE TABLE blobs (sha256 TEXT, size INTEGER, created INTEGER)');
  connection = connect(sqlite, {
    sync() {
      const sync = Promise.withResolvers<void>();
      syncs.push(sync);
      return sync.promise;
    },
    close: () => {},
  });
});

const insert = (sha256: string) => kysely.insertInto('blobs').values({ sha256, size: 1, created: 1 });
const names = () => connection.outside.column(() => kysely.selectFrom('blobs').select('sha256'))();
const write = (sha256: string) => connection.transaction(() => connection.inside.run(insert)(sha256));
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('who writes is told when it is on disk, and shares the wait with who comes meanwhile', async () => {
  const told: string[] = [];
  const tell = (who: string) => told.push(who);
  const first = [write('a').then(() => tell('a')), write('b').then(() => tell('b'))];
  await turn();
  const second = [
    write('c').then(() => tell('c')),
    connection.outside
      .run(insert)('d')
      .then(() => tell('d')),
  ];
  await turn();
  expect(await names()).toEqual(['a', 'b', 'c', 'd']);
  expect({ told, syncs: syncs.length }).toEqual({ told: [], syncs: 1 });
  syncs[0]?.resolve();
  await Promise.all(first);
  await turn();
  expect({ told, syncs: syncs.length }).toEqual({ told: ['a', 'b'], syncs: 2 });
  syncs[1]?.resolve();
  await Promise.all(second);
  expect(syncs).toHaveLength(2);
});

test('after a sync that failed nobody is told of success', async () => {
  const failing = write('a');
  await turn();
  syncs[0]?.reject(new Error('EIO'));
  await expect(failing).rejects.toThrow('EIO');
  await expect(write('b')).rejects.toThrow('EIO');
});

test('one that throws takes back its own changes alone', async () => {
  const failing = connection.transaction(async () => {
    await connection.inside.run(insert)('gone');
    throw new Error('no');
  });
  const others = [write('a'), write('b')];
  await expect(failing).rejects.toThrow('no');
  await turn();
  syncs[0]?.resolve();
  await Promise.all(others);
  expect(await names()).toEqual(['a', 'b']);
});

test('statements of a transaction end with it', async () => {
  await expect(connection.inside.run(insert)('late')).rejects.toThrow('over');
});
