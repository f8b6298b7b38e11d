import type { LogPiece } from './log-files.ts';

/**
 * What a reader of a log is told while it lives. One that keeps up is handed each new piece as it came; one that is slow
 * costs no more than a mark that there is something in the file.
 */
export interface Inbox {
  /** A new piece at the end of the log; without one, the log may have been closed. */
  put(piece?: LogPiece): void;
  /** Ends the wait for news. */
  wake(): void;
  /** Whether it is to be found out if the log was closed; true at first. */
  mayBeClosed(): boolean;
  /** The piece that follows at `offset`, if it is at hand. */
  take(offset: number): LogPiece | undefined;
  /** Whether there may be more in the file; true at first. */
  isBehind(): boolean;
  /** Resolves when something was put, at once if it was already. */
  news(): Promise<void>;
}

export function openInbox(): Inbox {
  let next: LogPiece | undefined;
  let behind = true;
  let closing = true;
  let bell = Promise.withResolvers<void>();
  const wake = () => bell.resolve();
  return {
    wake,
    put(piece) {
      if (!piece) closing = true;
      else if (next || behind) behind = true;
      else next = piece;
      wake();
    },
    mayBeClosed() {
      const asked = closing;
      closing = false;
      // What came before the closing is to be read to its end.
      if (asked) behind = true;
      return asked;
    },
    take(offset) {
      if (behind || !next) return undefined;
      const piece = next;
      next = undefined;
      if (piece.offset === offset) return piece;
      behind = true;
      return undefined;
    },
    isBehind() {
      const was = behind;
      behind = false;
      if (was) next = undefined;
      return was;
    },
    async news() {
      await bell.promise;
      bell = Promise.withResolvers();
    },
  };
}
