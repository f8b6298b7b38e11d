import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '@fatbuildr/client';
import type { Artifact } from '@fatbuildr/domain';
import { progressBar } from './output/progress.ts';

/**
 * Saves a file in `directory` under its name and returns its path; it appears there only when its digest is right.
 *
 * @throws when the server names a file that is to lie elsewhere
 */
export async function downloadArtifact(
  client: Client,
  task: string,
  file: Artifact,
  directory: string,
): Promise<string> {
  if (!/^\w[^/]*$/.test(file.name))
    throw new Error(`The server calls a file "${file.name}", which is not a plain name.`);
  const path = join(directory, file.name);
  const part = `${path}.part`;
  const hash = createHash('sha256');
  const bar = progressBar(file.name, file.size);
  let received = 0;
  try {
    const response = await client.readArtifact(task, file.name);
    const measured = async function* (body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        hash.update(chunk);
        received += chunk.length;
        bar.update(received);
        yield chunk;
      }
    };
    await pipeline(Readable.from(response.body ?? []), measured, createWriteStream(part));
    if (hash.digest('hex') !== file.sha256) {
      throw new Error(`${file.name} arrived damaged: its sha256 is not ${file.sha256}. Try again.`);
    }
    await rename(part, path);
    return path;
  } finally {
    bar.end();
    await rm(part, { force: true });
  }
}
