/** Passes output on, line by line, but for the lines that are not for people. */
export interface LineFilter {
  write(chunk: Buffer): void;
  /** Passes on what is held back. */
  end(): void;
}

const NEWLINE = 10;
/** A line longer than this (bytes) is nobody's marker and is passed on in pieces. */
const LONGEST = 16 * 1024;

/**
 * Calls `take` with the text of every line of at most 16 KiB; a line for which it answers true is taken out of the
 * stream, together with an empty line right before it. What is passed on is the bytes as they came.
 */
export function createLineFilter(pass: (bytes: Buffer) => void, take: (line: string) => boolean): LineFilter {
  /** The beginning of a line whose end has not come. */
  let partial: Buffer = Buffer.alloc(0);
  /** Whether the line in `partial` was too long and has been passed on already. */
  let inLong = false;
  let heldEmpty = false;

  function release(): void {
    if (heldEmpty) pass(Buffer.from('\n'));
    heldEmpty = false;
  }

  function line(bytes: Buffer): void {
    const long = inLong;
    inLong = false;
    if (long) return pass(bytes);
    if (take(bytes.subarray(0, -1).toString('utf8'))) {
      heldEmpty = false;
      return;
    }
    release();
    if (bytes.length === 1) heldEmpty = true;
    else pass(bytes);
  }

  return {
    write(chunk) {
      let rest = partial.length === 0 ? chunk : Buffer.concat([partial, chunk]);
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        line(rest.subarray(0, end + 1));
        rest = rest.subarray(end + 1);
      }
      if (rest.length > LONGEST || (inLong && rest.length > 0)) {
        release();
        pass(rest);
        rest = Buffer.alloc(0);
        inLong = true;
      }
      partial = Buffer.from(rest);
    },
    end() {
      release();
      if (partial.length > 0) pass(partial);
      partial = Buffer.alloc(0);
    },
  };
}
