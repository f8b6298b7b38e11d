import { closeSync, openSync, readSync, writeSync } from 'node:fs';

export interface JobLogOptions {
  /** The spool file; made anew. */
  path: string;
  /** The most that containers may write (bytes). */
  limit: number;
  /** Called once, when the output goes past the limit. What comes after is dropped. */
  onLimit: () => void;
  /** Called once, when the spool cannot be written: a full disk. What containers write after is dropped. */
  onError: (error: Error) => void;
  /** Called after every write. */
  onWrite?: () => void;
}

/** The log of one attempt on this host: a file that only grows, of which the api gets a copy. */
export interface JobLog {
  /** Bytes written so far: the offset of the next one. */
  readonly length: number;
  /** When (ms since the epoch) something was written last; at first, when the log was opened. */
  readonly lastWrite: number;
  /** Output of a container, byte for byte. */
  output(chunk: Buffer): void;
  /** A line of the worker's own, always on a line of its own. */
  line(text: string): void;
  /**
   * Keeps our own lines back, so that output follows on output, until the function that is returned is called: they are
   * written then. Of very many the first ones are kept, and the others counted.
   */
  holdLines(): () => void;
  /** Has `listener` called after every write, until the function that is returned is called. */
  onWrite(listener: () => void): () => void;
  /** Up to `size` bytes from `offset`. */
  read(offset: number, size: number): Buffer;
  close(): void;
}

const NEWLINE = 10;
/** Lines that are held back: whoever works in a container may have us write any number. */
const MOST_HELD = 1000;

/**
 * Opens the spool of an attempt. Writing is synchronous: the offset of every byte is known as soon as it is written.
 * It never throws: those who write are streams and clean-ups, which must go on.
 */
export function openJobLog({ path, limit, onLimit, onError, onWrite }: JobLogOptions): JobLog {
  const file = openSync(path, 'w+', 0o600);
  let length = 0;
  let fromContainers = 0;
  let full = false;
  let broken = false;
  let lastWrite = Date.now();
  let endsLine = true;
  /** Lines of our own that are held back; undefined while they are written. */
  let held: { lines: string[]; more: number } | undefined;
  const listeners = new Set(onWrite ? [onWrite] : []);

  function append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    try {
      let done = 0;
      while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, length + done);
    } catch (error) {
      if (!broken) onError(error as Error);
      broken = true;
      return;
    }
    length += bytes.length;
    lastWrite = Date.now();
    endsLine = bytes.at(-1) === NEWLINE;
    for (const listener of listeners) listener();
  }

  const line = (text: string) => append(Buffer.from(`${endsLine ? '' : '\n'}${text}\n`));

  return {
    get length() {
      return length;
    },
    get lastWrite() {
      return lastWrite;
    },
    output(chunk) {
      lastWrite = Date.now();
      if (full || broken) return;
      const room = limit - fromContainers;
      fromContainers += chunk.length;
      append(chunk.subarray(0, room));
      if (chunk.length <= room) return;
      full = true;
      onLimit();
    },
    line(text) {
      if (!held) line(text);
      else if (held.lines.length < MOST_HELD) held.lines.push(text);
      else held.more++;
    },
    holdLines() {
      const mine = { lines: [] as string[], more: 0 };
      held = mine;
      return () => {
        if (held !== mine) return;
        held = undefined;
        for (const text of mine.lines) line(text);
        if (mine.more > 0) line(`(${mine.more} more lines of the build host were left out here)`);
      };
    },
    onWrite(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    read(offset, size) {
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(size, length - offset)));
      let done = 0;
      while (done < buffer.length) {
        const got = readSync(file, buffer, done, buffer.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return buffer.subarray(0, done);
    },
    close: () => closeSync(file),
  };
}
