import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { FileRef } from '@fatbuildr/domain';
import type { Answer } from './fetch.ts';

/** A file that is downloaded, over as many connections as it takes. It lies at `path.part` until it is complete. */
export interface ArrivingFile {
  /** How many bytes are there: where the next answer is to begin. */
  readonly received: number;
  /**
   * Adds the bytes of an answer to a request for the file from `received` on; one that holds the whole begins anew.
   * When the connection breaks it throws, and what came before counts. With the last byte the file gets its name.
   *
   * @throws when the bytes are not those of the file: then nothing counts any more
   */
  add(answer: Answer): Promise<void>;
  /** Removes what is not complete. */
  discard(): Promise<void>;
}

export function arrivingFile({ name, size, sha256 }: FileRef, path: string): ArrivingFile {
  const part = `${path}.part`;
  let received = 0;
  let hash = createHash('sha256');
  const forget = () => {
    received = 0;
    hash = createHash('sha256');
  };
  const refuse = (why: string): never => {
    forget();
    throw new Error(`${name} arrived damaged: ${why}`);
  };
  return {
    get received() {
      return received;
    },
    async add(answer) {
      if (answer.status !== 206) forget();
      const file = await open(part, received === 0 ? 'w' : 'r+');
      try {
        for await (const chunk of answer.body ?? []) {
          if (received + chunk.length > size) refuse(`it is longer than its ${size} bytes`);
          await file.write(chunk, 0, chunk.length, received);
          hash.update(chunk);
          received += chunk.length;
        }
      } finally {
        await file.close();
      }
      if (received !== size) refuse(`it ends after ${received} of ${size} bytes`);
      if (hash.digest('hex') !== sha256) refuse(`its sha256 is not ${sha256}`);
      await rename(part, path);
    },
    discard: () => rm(part, { force: true }),
  };
}
