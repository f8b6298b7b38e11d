import type { LogFrame } from '@fatbuildr/domain';

/** The last of what a shell printed, by its offset in the log. */
export interface Transcript {
  /** Byte after the last one known; null until there is any. */
  readonly end: number | null;
  /** Takes what follows on what is known; returns what of it is new, undefined for none. */
  add(frame: LogFrame): LogFrame | undefined;
  /** What is known from `offset` on, or from as early as it is. */
  from(offset: number): LogFrame | undefined;
  /** The last `bytes`, from the beginning of a line if there is one. */
  tail(bytes: number): LogFrame | undefined;
}

const NEWLINE = 10;

/** Keeps the last `limit` bytes. */
export function createTranscript(limit: number): Transcript {
  let start = 0;
  let end: number | null = null;
  let pieces: Uint8Array[] = [];

  function known(): Buffer {
    const all = Buffer.concat(pieces);
    pieces = [all];
    return all;
  }
  function from(offset: number): LogFrame | undefined {
    if (end === null || offset >= end) return undefined;
    const begin = Math.max(offset, start);
    return { offset: begin, bytes: known().subarray(begin - start) };
  }

  return {
    get end() {
      return end;
    },
    add({ offset, bytes }) {
      if (end === null || offset > end) {
        // the first, or what lies between came while the api was away, and was too much to keep
        pieces = [];
        start = offset;
        end = offset;
      }
      const fresh = bytes.subarray(end - offset);
      if (fresh.length === 0) return undefined;
      const added = { offset: end, bytes: fresh };
      pieces.push(fresh);
      end += fresh.length;
      // cut down now and then, not with every key that is echoed
      if (end - start > 2 * limit) {
        pieces = [known().subarray(-limit)];
        start = end - limit;
      }
      return added;
    },
    from,
    tail(bytes) {
      if (end === null) return undefined;
      const begin = Math.max(start, end - bytes);
      const frame = from(begin);
      if (!frame || begin === 0) return frame;
      const cut = frame.bytes.indexOf(NEWLINE) + 1;
      return cut === 0 || cut === frame.bytes.length
        ? frame
        : { offset: begin + cut, bytes: frame.bytes.subarray(cut) };
    },
  };
}
