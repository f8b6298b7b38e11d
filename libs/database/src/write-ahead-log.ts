import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** The file that commits are written to first. */
export interface WriteAheadLog {
  /** Brings what was written so far to the disk. */
  sync(): Promise<void>;
  close(): void;
}

const dataSync = promisify(fdatasync);

/** Opens that of a database in WAL mode, where it is there for as long as the database is open. */
export function openLog(file: string): WriteAheadLog {
  if (file === ':memory:') return { sync: async () => {}, close: () => {} };
  // its name was made with it, and must be on disk as well
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
  const log = openSync(`${file}-wal`, 'r+');
  return { sync: () => dataSync(log), close: () => closeSync(log) };
}
