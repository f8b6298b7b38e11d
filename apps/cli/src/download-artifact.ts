import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, type Client, ServerUnreachable } from '@fatbuildr/client';
import { type ArrivingFile, arrivingFile } from '@fatbuildr/client/arriving-file';
import type { Artifact } from '@fatbuildr/domain';
import { progressBar } from './output/progress.ts';

/** Tries in a row that bring no byte. */
const TRIES = 5;

/**
 * Saves a file in `directory` under its name and returns its path; it appears there only when its digest is right. A
 * cut connection is taken up where it broke.
 *
 * @throws when the server names a file that is to lie elsewhere
 */
export async function downloadArtifact(
  client: Client,
  task: string,
  file: Artifact,
  directory: string,
): Promise<string> {
  if (!/^\w[^/]*$/.test(file.name)) {
    throw new Error(`The server calls a file "${file.name}", which is not a plain name.`);
  }
  const path = join(directory, file.name);
  const arriving = arrivingFile(file, path);
  const bar = progressBar(file.name, file.size);
  const showing = setInterval(() => bar.update(arriving.received), 100);
  try {
    await receive(arriving, () => client.readArtifact(task, file.name, arriving.received));
    return path;
  } finally {
    clearInterval(showing);
    bar.end();
    await arriving.discard();
  }
}

async function receive(arriving: ArrivingFile, ask: () => ReturnType<Client['readArtifact']>): Promise<void> {
  for (let failures = 0; ; ) {
    const before = arriving.received;
    try {
      await arriving.add(await ask());
      return;
    } catch (error) {
      failures = arriving.received > before ? 0 : failures + 1;
      const isFinal = error instanceof ApiProblem || (error instanceof ServerUnreachable && !error.wasCut);
      if (isFinal || failures === TRIES) throw error;
      await sleep(100 * 2 ** failures);
    }
  }
}
