import type { Lookahead } from './lookahead.ts';

/** Bits, the highest of each byte first. */
export interface Bits {
  /** The next `count` (up to 24) as a number. */
  take(count: number): number;
  /** The next `count` (up to 24) without taking them; what is behind the end counts as zeros. */
  peek(count: number): number;
  /** Takes what was looked at. @throws Error when that is behind the end */
  skip(count: number): void;
  /** Goes on at the next whole byte, and gives back those that were not used. */
  align(): void;
}

export function bitsOf(input: Lookahead): Bits {
  /** The lowest `count` bits of it are still to be taken. */
  let hold = 0;
  let count = 0;
  /** How many of them are behind the end. */
  let missing = 0;

  function peek(wanted: number): number {
    while (count < wanted) {
      const { bytes, at } = input;
      hold = (hold << 8) | (at < bytes.length ? (bytes[at] as number) : 0);
      if (at < bytes.length) input.at = at + 1;
      else missing += 8;
      count += 8;
    }
    return (hold >>> (count - wanted)) & ((1 << wanted) - 1);
  }
  function skip(taken: number): void {
    count -= taken;
    if (count < missing) throw new Error('it is cut off, or damaged');
  }
  return {
    peek,
    skip,
    take(wanted) {
      const value = peek(wanted);
      skip(wanted);
      return value;
    },
    align() {
      input.at -= (count - missing) >>> 3;
      hold = 0;
      count = 0;
      missing = 0;
    },
  };
}
