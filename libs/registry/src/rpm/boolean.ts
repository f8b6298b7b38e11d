import type { JoinedNeed, Need } from '../engine/need.ts';

const JOINS: readonly string[] = ['and', 'or', 'with', 'without', 'if', 'unless'] satisfies JoinedNeed['join'][];
const SIGNS: readonly string[] = ['<=', '>=', '=', '<', '>'];

/** A name may hold parentheses of its own: `libc.so.6(GLIBC_2.4)(64bit)`. */
const WORD = /\s*((?:[^\s()]+(?:\([^\s()]*\))*)+|[()])/gy;

/** More than anybody writes. */
const DEEPEST = 50;

/** Reads a boolean dependency of RPM, `(a >= 1 if (b or c) else d)`; null for what is none. */
export function parseBoolean(text: string): Need | null {
  const matches = [...text.matchAll(WORD)];
  const read = matches.reduce((sum, [all]) => sum + all.length, 0);
  if (text.slice(read).trim() !== '') return null;
  const words = matches.map(([, word]) => word as string);
  const need = readNeed(words, 0);
  return words.length === 0 ? need : null;
}

/** Takes a need off the words. */
function readNeed(words: string[], depth: number): Need | null {
  const first = words.shift();
  if (first === '(') return depth < DEEPEST ? readJoined(words, depth) : null;
  if (first === undefined || first === ')') return null;
  if (!SIGNS.includes(words[0] ?? '')) return { name: first, sign: '', version: '' };
  const [sign = '', version = ')'] = words.splice(0, 2);
  return version === '(' || version === ')' ? null : { name: first, sign, version };
}

/** What follows an opening parenthesis, up to the one that closes it. */
function readJoined(words: string[], depth: number): Need | null {
  const of: Need[] = [];
  const joins: string[] = [];
  for (;;) {
    const need = readNeed(words, depth + 1);
    if (!need) return null;
    of.push(need);
    const join = words.shift();
    if (join === ')') break;
    if (join === undefined) return null;
    joins.push(join);
  }
  const [join] = joins;
  if (join === undefined) return of[0] ?? null;
  const isConditional = join === 'if' || join === 'unless';
  const fine = isConditional
    ? joins.length === 1 || (joins.length === 2 && joins[1] === 'else')
    : joins.every((each) => each === join);
  return fine && JOINS.includes(join) ? { join: join as JoinedNeed['join'], of } : null;
}
