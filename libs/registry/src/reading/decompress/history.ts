/** What was unpacked last, and what of it is still to be handed over. */
export interface History {
  /** How far back a repetition may reach. */
  reach(): number;
  /** The byte so many before the next; zero where there is none. */
  back(distance: number): number;
  put(byte: number): void;
  /** Repeats what was so many bytes before; it may be within reach alone. */
  repeat(distance: number, length: number): void;
  /** What came since it was last taken. */
  take(): Generator<Buffer>;
}

/**
 * @param size how far back it goes
 * @param most bytes that are put before they are taken
 */
export function openHistory(size: number, most: number): History {
  const ring = Buffer.allocUnsafe(size + most);
  let at = 0;
  let taken = 0;
  let reach = 0;
  function back(distance: number): number {
    if (distance > reach) return 0;
    return ring[distance > at ? at - distance + ring.length : at - distance] as number;
  }
  function put(byte: number): void {
    ring[at] = byte;
    at = at + 1 === ring.length ? 0 : at + 1;
    if (reach < size) reach += 1;
  }
  return {
    reach: () => reach,
    back,
    put,
    repeat(distance, length) {
      let from = distance > at ? at - distance + ring.length : at - distance;
      for (let left = length; left > 0; left -= 1) {
        ring[at] = ring[from] as number;
        at = at + 1 === ring.length ? 0 : at + 1;
        from = from + 1 === ring.length ? 0 : from + 1;
      }
      reach = Math.min(size, reach + length);
    },
    *take() {
      const [from, to] = [taken, at];
      taken = at;
      if (from < to) yield Buffer.from(ring.subarray(from, to));
      if (from > to) {
        yield Buffer.from(ring.subarray(from));
        yield Buffer.from(ring.subarray(0, to));
      }
    },
  };
}
