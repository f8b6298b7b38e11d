/** The bytes that come, as many at once as a decoder wants in one piece. */
export interface Lookahead {
  /** What is held: at least as much as was asked for last, unless the input has ended. */
  bytes: Buffer;
  /** Where in them the decoder is; it moves this on. */
  at: number;
  ended: boolean;
  /** Holds `wanted` bytes from where the decoder is, or all that there are. */
  fill(wanted: number): Promise<void>;
  /** @throws Error when the input ends before */
  next(): number;
}

/** Takes twice of what is wanted, so that each byte is moved but a few times however little is used of it at once. */
export function lookAhead(input: AsyncIterable<Buffer>): Lookahead {
  const source = input[Symbol.asyncIterator]();
  const held: Lookahead = {
    bytes: Buffer.alloc(0),
    at: 0,
    ended: false,
    async fill(wanted) {
      let size = held.bytes.length - held.at;
      if (size >= wanted || held.ended) return;
      const pieces = [held.bytes.subarray(held.at)];
      while (size < 2 * wanted && !held.ended) {
        const { value, done } = await source.next();
        if (done) held.ended = true;
        else {
          pieces.push(value);
          size += value.length;
        }
      }
      held.bytes = Buffer.concat(pieces, size);
      held.at = 0;
    },
    next() {
      if (held.at >= held.bytes.length) throw new Error('it is cut off, or damaged');
      const byte = held.bytes[held.at] as number;
      held.at += 1;
      return byte;
    },
  };
  return held;
}
