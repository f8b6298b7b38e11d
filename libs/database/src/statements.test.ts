import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test, vi } from 'vitest';
import { kysely } from './kysely.ts';
import { type Statements, statementsOn } from './statements.ts';

let sql: Statements;

beforeEach(() => {
  const sqlite = new DatabaseSync(':memory:');
  sqlite.exec(
    'CREATE TABLE uploads (id TEXT, length INTEGER, name TEXT, sha256 TEXT, requested_by TEXT, created INTEGER)',
  );
  const now = async <T>(work: () => T) => work();
  sql = statementsOn(sqlite, { read: now, write: now });
});

const upload = (id: string, name: string | null = null) => ({
  ...{ id, name, length: 1, sha256: null, requestedBy: 'ann', created: 1 },
});
type Upload = ReturnType<typeof upload>;

async function fill(...uploads: Upload[]) {
  return sql.run((rows: Upload[]) => kysely.insertInto('uploads').values(rows))(uploads);
}

test('a statement is built once for each shape of its values', async () => {
  await fill(upload('a', 'x'), upload('b', 'y'), upload('c'));
  const build = vi.fn((filter: { name?: string | undefined }, ids: string[]) => {
    const query = kysely.selectFrom('uploads').select('id').where('id', 'in', ids);
    return filter.name === undefined ? query : query.where('name', '=', filter.name);
  });
  const ids = sql.column(build);
  expect(await ids({ name: 'x' }, ['a', 'b'])).toEqual(['a']);
  expect(await ids({ name: 'y' }, ['a', 'b'])).toEqual(['b']);
  expect(build).toHaveBeenCalledTimes(1);
  expect(await ids({}, ['a', 'b'])).toEqual(['a', 'b']);
  expect(await ids({ name: undefined }, ['c', 'b'])).toEqual(['b', 'c']);
  expect(await ids({}, ['c'])).toEqual(['c']);
  expect(await ids({}, [])).toEqual([]);
  expect(build.mock.calls.length).toBeLessThanOrEqual(5);
});

test('rows have the names of the program, and only what was written', async () => {
  expect(await fill(upload('a', 'x'), upload('b'))).toBe(2);
  const get = sql.first((id: string) => kysely.selectFrom('uploads').selectAll().where('id', '=', id));
  expect(await get('a')).toEqual(upload('a', 'x'));
  expect(await get('b')).toEqual(upload('b'));
  expect(await get('z')).toBeUndefined();
  const change = sql.run((id: string, changes: Partial<Upload>) =>
    kysely.updateTable('uploads').set(changes).where('id', '=', id),
  );
  expect(await change('a', { name: null, requestedBy: 'eve' })).toBe(1);
  expect(await change('z', { length: 2 })).toBe(0);
  expect(await get('a')).toEqual({ ...upload('a'), requestedBy: 'eve' });
});

test('a value that is looked at while the statement is built is a mistake that shows', async () => {
  const search = sql.all((name: string) => kysely.selectFrom('uploads').selectAll().where('name', '=', `${name}~`));
  await expect(search('x')).rejects.toThrow(TypeError);
});
