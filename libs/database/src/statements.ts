import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';

/** A statement as Kysely builds it. */
interface Built<R> {
  compile(): CompiledQuery<R>;
}

type Build<A extends unknown[], R> = (...values: A) => Built<R>;

/**
 * Makes functions of statements. What is given describes the statement with its values as parameters; it is called once
 * for each shape of its arguments (which members are there, how long lists are) and gets symbols in the place of values:
 * it may pass them on, and ask whether one is undefined, and nothing else.
 */
export interface Statements {
  all<A extends unknown[], R>(build: Build<A, R>): (...values: A) => Promise<R[]>;
  first<A extends unknown[], R>(build: Build<A, R>): (...values: A) => Promise<R | undefined>;
  /** Of a query with one column. */
  column<A extends unknown[], R>(build: Build<A, R>): (...values: A) => Promise<R[keyof R][]>;
  /** The first of the only column. */
  value<A extends unknown[], R>(build: Build<A, R>): (...values: A) => Promise<R[keyof R] | undefined>;
  /** How many rows were changed. */
  run<A extends unknown[]>(build: Build<A, unknown>): (...values: A) => Promise<number>;
}

type Value = null | number | bigint | string | Uint8Array;

/** A statement with the values of one call. */
interface Bound {
  statement: StatementSync;
  /** The names of its columns, as members of a row. */
  columns: readonly string[];
  parameters: readonly Value[];
}

/** Shapes kept of one statement: lists come in many lengths. */
const SHAPES_LIMIT = 50;

type Turn = <T>(work: () => T) => Promise<T>;

/** Statements on a connection; `read` and `write` run each when it may. */
export function statementsOn(sqlite: DatabaseSync, { read, write }: { read: Turn; write: Turn }): Statements {
  const made =
    (turn: Turn, execute: (bound: Bound) => unknown) =>
    <A extends unknown[]>(build: Build<A, unknown>) => {
      const bind = binder(sqlite, build);
      return (...values: A): Promise<never> => turn(() => execute(bind(values)) as never);
    };
  return {
    all: made(read, (bound) => bound.statement.all(...bound.parameters).map((row) => toRow(bound, row))),
    first: made(read, (bound) => {
      const row = bound.statement.get(...bound.parameters);
      return row && toRow(bound, row);
    }),
    column: made(read, ({ statement, parameters }) => statement.all(...parameters).map((row) => row[0])),
    value: made(read, ({ statement, parameters }) => statement.get(...parameters)?.[0]),
    run: made(write, ({ statement, parameters }) => Number(statement.run(...parameters).changes)),
  };
}

/** Binds values to the statement that `build` describes, which is compiled and prepared once for each of their shapes. */
function binder<A extends unknown[]>(sqlite: DatabaseSync, build: Build<A, unknown>): (args: A) => Bound {
  const known = new Map<string, (values: readonly unknown[]) => Bound>();
  return (args) => {
    const values: unknown[] = [];
    const shape = shapeOf(args, values);
    let bind = known.get(shape);
    if (!bind) {
      if (known.size >= SHAPES_LIMIT) known.clear();
      bind = prepare(sqlite, build, args);
      known.set(shape, bind);
    }
    return bind(values);
  };
}

function prepare<A extends unknown[]>(sqlite: DatabaseSync, build: Build<A, unknown>, args: A) {
  const places: symbol[] = [];
  const compiled = build(...(withPlaces(args, places) as A)).compile();
  const statement = sqlite.prepare(compiled.sql);
  statement.setReturnArrays(true);
  const columns = statement.columns().map(({ name }) => camelCase(name));
  const parameters = compiled.parameters.map((constant) => ({ constant, place: places.indexOf(constant as symbol) }));
  return (values: readonly unknown[]): Bound => ({
    statement,
    columns,
    parameters: parameters.map(({ constant, place }) => toValue(place < 0 ? constant : values[place])),
  });
}

/** The shape of `value`, and in `values` what it is filled with. */
function shapeOf(value: unknown, values: unknown[]): string {
  if (value === undefined) return '-';
  if (!isComposite(value)) {
    values.push(value);
    return '?';
  }
  let shape = '';
  for (const [name, member] of Object.entries(value)) shape += `${name}:${shapeOf(member, values)},`;
  return `{${shape}}`;
}

/** The same with a symbol in the place of each value, in the order of {@link shapeOf}. */
function withPlaces(value: unknown, places: symbol[]): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((member) => withPlaces(member, places));
  if (isComposite(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withPlaces(member, places)]));
  }
  const place = Symbol('value');
  places.push(place);
  return place;
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

function toRow({ columns }: Bound, values: object): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, name] of columns.entries()) row[name] = (values as unknown[])[index];
  return row;
}

function toValue(value: unknown): Value {
  if (value === true) return 1;
  if (value === false) return 0;
  return (value ?? null) as Value;
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
