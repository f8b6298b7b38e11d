import { stat } from 'node:fs/promises';
import { Failure, type FileRef } from '@fatbuildr/domain';
import type { IncomingFile } from '@fatbuildr/registry';

/** A file of the blob store. */
export async function incoming(file: FileRef, path: string): Promise<IncomingFile> {
  await stat(path).catch((cause: unknown) => {
    throw new Failure('infrastructure-failure', `${file.name} cannot be read from the blob store at ${path}`, {
      hint: 'the publisher’s user must be able to read the blob store, and nothing may be removed from it by hand',
      cause,
    });
  });
  return { ...file, path };
}
