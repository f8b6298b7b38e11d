import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Id, ProblemError } from '@fatbuildr/domain';
import { openInbox } from './inbox.ts';
import type { LogFiles, LogPiece } from './log-files.ts';

const PIECE_BYTES = 64 * 1024;

export interface OpenLogFiles extends LogFiles {
  /** Wakes the readers of a log that was closed, so that they find out. */
  closed(attempt: string): void;
}

/** The logs in `directory`, made if need be. `isClosed` tells whether nothing will be appended any more. */
export function openLogFiles(options: {
  directory: string;
  isClosed: (attempt: string) => Promise<boolean>;
}): OpenLogFiles {
  const { directory, isClosed } = options;
  const wakeUps = new EventEmitter().setMaxListeners(0);
  const path = (attempt: string) => join(directory, attempt.slice(0, 2), `${Id.parse(attempt)}.log`);

  async function* read(attempt: string, range: { start?: number; end?: number } = {}): AsyncGenerator<LogPiece> {
    const file = await openExisting(path(attempt));
    if (!file) return;
    try {
      let offset = range.start ?? 0;
      const end = Math.min(range.end ?? Number.MAX_SAFE_INTEGER, (await file.stat()).size);
      while (offset < end) {
        const bytes = await readAt(file, offset, Math.min(PIECE_BYTES, end - offset));
        if (bytes.length === 0) return;
        yield { offset, bytes };
        offset += bytes.length;
      }
    } finally {
      await file.close();
    }
  }

  return {
    read,
    closed: (attempt) => void wakeUps.emit(attempt),
    async length(attempt) {
      const file = await openExisting(path(attempt));
      if (!file) return 0;
      try {
        return (await file.stat()).size;
      } finally {
        await file.close();
      }
    },
    async append(attempt, chunk, limit) {
      checkDigest(chunk);
      const { length, added } = appendTo(path(attempt), chunk, limit);
      if (added.bytes.length > 0) wakeUps.emit(attempt, added);
      return length;
    },
    async *follow(attempt, from, signal) {
      // Listening begins before looking, so that nothing is missed in between.
      const inbox = openInbox();
      wakeUps.on(attempt, inbox.put);
      signal.addEventListener('abort', inbox.wake);
      try {
        let offset = from;
        let last = false;
        while (!signal.aborted) {
          if (inbox.mayBeClosed()) last = await isClosed(attempt);
          const fresh = inbox.take(offset);
          if (fresh) {
            yield fresh;
            offset = fresh.offset + fresh.bytes.length;
          } else if (inbox.isBehind()) {
            for await (const piece of read(attempt, { start: offset })) {
              if (signal.aborted) return;
              yield piece;
              offset = piece.offset + piece.bytes.length;
            }
          } else if (last) return;
          else await inbox.news();
        }
      } finally {
        wakeUps.off(attempt, inbox.put);
        signal.removeEventListener('abort', inbox.wake);
      }
    },
  };
}

function checkDigest({ bytes, sha256 }: { bytes: Uint8Array; sha256: string }): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return;
  throw new ProblemError('digest-mismatch', `The log chunk has sha256 ${found}, announced was ${sha256}.`);
}

/**
 * How long the log is then, and what of the chunk was new. All at once, since a worker that lost its answer sends the
 * same chunk again; and handing so little to a thread would cost more than writing it to the cache of the system.
 */
function appendTo(
  path: string,
  chunk: { offset: number; bytes: Uint8Array },
  limit: number,
): { length: number; added: LogPiece } {
  const file = openToAppend(path);
  try {
    const { size: length } = fstatSync(file);
    const end = chunk.offset + chunk.bytes.length;
    if (end > limit)
      throw new ProblemError('too-large', `The log is limited to ${limit} bytes.`, { members: { length } });
    const known = chunk.bytes.subarray(0, Math.max(0, length - chunk.offset));
    if (chunk.offset > length || !holds(file, chunk.offset, known)) {
      throw new ProblemError('log-offset', `The log has ${length} bytes.`, { members: { length } });
    }
    const added = { offset: chunk.offset + known.length, bytes: chunk.bytes.subarray(known.length) };
    let done = 0;
    while (done < added.bytes.length) done += writeSync(file, added.bytes, done);
    return { length: Math.max(length, end), added };
  } finally {
    closeSync(file);
  }
}

function holds(file: number, offset: number, bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true;
  const found = Buffer.alloc(bytes.length);
  return readSync(file, found, 0, found.length, offset) === found.length && Buffer.compare(found, bytes) === 0;
}

/** Up to `length` bytes at `offset`; fewer only at the end of the file. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/** Its directory is there but for the first time. */
function openToAppend(path: string): number {
  try {
    return openSync(path, 'a+', 0o640);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a+', 0o640);
  }
}

function openExisting(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
