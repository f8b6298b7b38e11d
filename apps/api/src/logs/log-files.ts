/** A piece of a log: raw bytes and where they begin. */
export interface LogPiece {
  offset: number;
  bytes: Uint8Array;
}

/** One append-only file per attempt. A reader is a cursor on the file; one that keeps up is spared reading it. */
export interface LogFiles {
  /**
   * Appends `bytes` at `offset`, gap-free; what is there already is compared and skipped. Returns the new length.
   * Throws ProblemError `log-offset` with `length`, `digest-mismatch`, and `too-large` beyond `limit` bytes.
   */
  append(attempt: string, chunk: { offset: number; bytes: Uint8Array; sha256: string }, limit: number): Promise<number>;
  /** Bytes so far; 0 for a log that nobody wrote to. */
  length(attempt: string): Promise<number>;
  /** `end` exclusive, by default what is there. */
  read(attempt: string, range?: { start?: number; end?: number }): AsyncIterable<LogPiece>;
  /** What is there from `offset` on, then what comes, until the log is closed (and read to its end) or `signal` aborts. */
  follow(attempt: string, offset: number, signal: AbortSignal): AsyncIterable<LogPiece>;
}
