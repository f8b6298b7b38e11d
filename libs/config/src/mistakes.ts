import type { z } from 'zod';
import { keysAt } from './schema-walk.ts';
import { suggest } from './suggest.ts';

/** One thing wrong with the configuration. */
export interface Mistake {
  /** `file:line`, `file`, or the environment variable. */
  where: string;
  /** The key path in the file, `formats.deb[0].tag`. */
  key?: string;
  /** What was found and what was expected. */
  text: string;
}

/** Every mistake of a configuration at once; the message is the list, ready to be shown. */
export class ConfigError extends Error {
  readonly mistakes: Mistake[];

  constructor(mistakes: Mistake[]) {
    const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
    super([`The configuration has ${count}:`, ...mistakes.map(line)].join('\n'));
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

function line({ where, key, text }: Mistake): string {
  return `  ${where}: ${key ? `${key}: ` : ''}${text}`;
}

/** What `schema` makes of `data`, or the mistakes in it; `whereIs` says where a key stands. */
export function check<S extends z.ZodType>(
  schema: S,
  data: unknown,
  whereIs: (path: readonly PropertyKey[]) => string,
): { value: z.output<S>; mistakes: [] } | { value: undefined; mistakes: Mistake[] } {
  const result = schema.safeParse(data, { error: expectation });
  if (result.success) return { value: result.data, mistakes: [] };
  const mistakes = result.error.issues.flatMap((issue) => describe(issue, schema, data, whereIs));
  return { value: undefined, mistakes };
}

function describe(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  data: unknown,
  whereIs: (path: readonly PropertyKey[]) => string,
): Mistake[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => ({
      where: whereIs([...path, key]),
      key: keyPath([...path, key]),
      text: `unknown key${hint(suggest(key, known), known)}`,
    }));
  }
  const expected = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const found = issue.code === 'invalid_key' ? path.at(-1) : valueAt(data, path);
  const text =
    found === undefined || found === null
      ? `missing, expected ${expected}`
      : `found ${show(found)}, expected ${expected}`;
  return [{ where: whereIs(path), ...(path.length ? { key: keyPath(path) } : {}), text }];
}

function hint(likely: string | undefined, known: string[]): string {
  if (likely) return `, did you mean ${likely}?`;
  return known.length ? `, expected one of ${known.join(', ')}` : '';
}

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** What zod's own checks expected, as a noun phrase, like the messages in our schemas. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return typeNames[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return `one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') return `at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  return undefined;
}

function keyPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((here, key) => {
    if (typeof here !== 'object' || here === null) return undefined;
    // Distributions written as a mapping are checked as a list.
    const items = typeof key === 'number' && !Array.isArray(here) ? Object.values(here) : here;
    return (items as Record<PropertyKey, unknown>)[key];
  }, data);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
