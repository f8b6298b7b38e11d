import type { Lookahead } from './lookahead.ts';

/** Chances of a zero, in 2048ths, each as it stands before the first bit. */
export function chances(count: number): Uint16Array {
  return new Uint16Array(count).fill(1024);
}

/** Bits that were written with the chance that each had (range coding, as LZMA does it). */
export interface RangeDecoder {
  bit(of: Uint16Array, index: number): number;
  /** A number of `count` bits, the highest first, whose chances begin at `from`. */
  tree(of: Uint16Array, from: number, count: number): number;
  /** The same with the lowest first. */
  reverseTree(of: Uint16Array, from: number, count: number): number;
  /** A byte, told with the one that would be there if it were a repetition. */
  literal(of: Uint16Array, from: number, expected?: number): number;
  /** Bits that are as likely as not. */
  direct(count: number): number;
  /** Whether all that was written has been read. */
  isFinished(): boolean;
}

/** @throws Error when its five first bytes are none; behind the end of the input, each of its functions */
export function rangeDecoder(input: Lookahead): RangeDecoder {
  // Both unsigned, and kept as 32 bits with a sign, which V8 holds without a box.
  let range = -1;
  let code = 0;
  if (input.next() !== 0) throw new Error('it is damaged');
  for (let index = 0; index < 4; index += 1) code = (code << 8) | input.next();

  function refill(): void {
    range <<= 8;
    code = (code << 8) | input.next();
  }
  function bit(of: Uint16Array, index: number): number {
    const chance = of[index] as number;
    const bound = Math.imul(range >>> 11, chance);
    let value = 0;
    if (code >>> 0 < bound >>> 0) {
      range = bound;
      of[index] = chance + ((2048 - chance) >>> 5);
    } else {
      range = (range - bound) | 0;
      code = (code - bound) | 0;
      of[index] = chance - (chance >>> 5);
      value = 1;
    }
    if ((range & 0xff000000) === 0) refill();
    return value;
  }
  return {
    bit,
    tree(of, from, count) {
      let node = 1;
      for (let left = count; left > 0; left -= 1) node = (node << 1) | bit(of, from + node);
      return node - (1 << count);
    },
    reverseTree(of, from, count) {
      let node = 1;
      let value = 0;
      for (let place = 0; place < count; place += 1) {
        const one = bit(of, from + node);
        node = (node << 1) | one;
        value |= one << place;
      }
      return value;
    },
    literal(of, from, expected) {
      let node = 1;
      if (expected !== undefined) {
        let rest = expected;
        while (node < 0x100) {
          const like = (rest >>> 7) & 1;
          rest <<= 1;
          const one = bit(of, from + ((1 + like) << 8) + node);
          node = (node << 1) | one;
          if (one !== like) break;
        }
      }
      while (node < 0x100) node = (node << 1) | bit(of, from + node);
      return node & 0xff;
    },
    direct(count) {
      let value = 0;
      for (let left = count; left > 0; left -= 1) {
        range >>>= 1;
        const isOne = code >>> 0 >= range >>> 0;
        if (isOne) code = (code - range) | 0;
        value = (value << 1) | (isOne ? 1 : 0);
        if ((range & 0xff000000) === 0) refill();
      }
      return value;
    },
    isFinished: () => code === 0,
  };
}
