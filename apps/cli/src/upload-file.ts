import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Client } from '@fatbuildr/client';
import type { FileRef } from '@fatbuildr/domain';
import { progressBar } from './output/progress.ts';

/** Uploads a file with a progress bar on a terminal; a cut connection is taken up where it broke. */
export async function uploadFile(client: Client, path: string): Promise<FileRef> {
  const file = await open(path);
  const { size } = await stat(path);
  const name = basename(path);
  const bar = progressBar(name, size);
  try {
    return await client.uploadFile(
      {
        name,
        size,
        read: async (start, end) => {
          const buffer = new Uint8Array(end - start);
          const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
          return buffer.subarray(0, bytesRead);
        },
      },
      { onProgress: bar.update },
    );
  } finally {
    bar.end();
    await file.close();
  }
}
