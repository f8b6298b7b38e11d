import type { Bits } from './bits.ts';

/** A canonical prefix code: codes of one length follow one another, in the order of their symbols. */
export interface PrefixCode {
  /** By the next bits: the symbol times 32 and the length of its code; zero for what is longer. */
  short: Uint16Array;
  /** By length: one more than the highest code, at the width of the longest. */
  limits: Uint32Array;
  /** By length: the first code, and the place of its symbol. */
  firsts: Uint32Array;
  places: Uint32Array;
  symbols: Uint16Array;
}

/** Codes up to that length are looked up at once. */
const SHORT = 10;
const LONGEST = 20;

/** @throws Error for lengths that no code has */
export function codeOf(lengths: Uint8Array): PrefixCode {
  const code: PrefixCode = {
    short: new Uint16Array(1 << SHORT),
    limits: new Uint32Array(LONGEST + 1),
    firsts: new Uint32Array(LONGEST + 1),
    places: new Uint32Array(LONGEST + 1),
    symbols: new Uint16Array(lengths.length),
  };
  let [next, place] = [0, 0];
  for (let length = 1; length <= LONGEST; length += 1) {
    next <<= 1;
    code.firsts[length] = next;
    code.places[length] = place;
    for (const [symbol, each] of lengths.entries()) {
      if (each !== length) continue;
      code.symbols[place] = symbol;
      if (length <= SHORT) {
        const width = SHORT - length;
        code.short.fill((symbol << 5) | length, next << width, (next + 1) << width);
      }
      next += 1;
      place += 1;
    }
    if (next > 2 ** length) throw new Error('the codes of a block are damaged');
    code.limits[length] = next << (LONGEST - length);
  }
  return code;
}

/** Takes the next symbol. @throws Error when no code is like that, or behind the end */
export function symbolOf(code: PrefixCode, bits: Bits): number {
  const ahead = bits.peek(LONGEST);
  const short = code.short[ahead >>> (LONGEST - SHORT)] as number;
  if (short > 0) {
    bits.skip(short & 31);
    return short >>> 5;
  }
  let length = SHORT + 1;
  while (length <= LONGEST && ahead >= (code.limits[length] as number)) length += 1;
  if (length > LONGEST) throw new Error('a block of it is damaged');
  bits.skip(length);
  const index = (ahead >>> (LONGEST - length)) - (code.firsts[length] as number);
  return code.symbols[(code.places[length] as number) + index] as number;
}
