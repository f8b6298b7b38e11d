import { createHash, type Hash } from 'node:crypto';

/** So many pieces lie between two places that are remembered. */
const STRIDE = 8;

/** The digests of a list's first pieces. */
export interface Beginning {
  /** How many pieces. */
  count: number;
  plain: { size: number; hash: Hash };
  packed: { size: number; hash: Hash };
}

/**
 * Remembers, for as long as the process lives, the digests of the beginnings of lists: what stands before a change is
 * not hashed again.
 */
export interface Beginnings {
  /** The longest that is known of a list of these bodies, with digests to go on from; that of no piece otherwise. */
  find(list: string, bodies: readonly number[]): Beginning;
  /** To be told after each piece; it is kept if it is one to remember. */
  reached(list: string, bodies: readonly number[], beginning: Beginning): void;
}

export function openBeginnings(): Beginnings {
  const known = new Map<string, { bodies: readonly number[]; beginnings: Beginning[] }>();
  return {
    find(list, bodies) {
      const before = known.get(list);
      const same = before ? commonLength(before.bodies, bodies) : 0;
      const beginnings = before?.beginnings.filter(({ count }) => count <= same) ?? [];
      known.set(list, { bodies, beginnings });
      const last = beginnings.at(-1);
      return last ? copyOf(last) : nothing();
    },
    reached(list, bodies, beginning) {
      const entry = known.get(list);
      if (beginning.count % STRIDE === 0 && entry?.bodies === bodies) entry.beginnings.push(copyOf(beginning));
    },
  };
}

function nothing(): Beginning {
  const none = () => ({ size: 0, hash: createHash('sha256') });
  return { count: 0, plain: none(), packed: none() };
}

function copyOf({ count, plain, packed }: Beginning): Beginning {
  const copy = ({ size, hash }: Beginning['plain']) => ({ size, hash: hash.copy() });
  return { count, plain: copy(plain), packed: copy(packed) };
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((body, index) => body !== b[index]);
  return differs === -1 ? a.length : differs;
}
