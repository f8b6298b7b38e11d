import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { extractArchive } from './archive/extract.ts';
import { definitionLimits } from './archive/limits.ts';

/** The files that may hold the metadata; the first is today's. */
export const artifactFiles: readonly string[] = ['artifact.yml', 'artifact.yaml', 'meta.yml'];

/** Far more than any metadata needs, in bytes. */
const maxArtifactBytes = 1024 * 1024;

/** Unpacks a definition into `directory`, and reads its metadata. */
export async function openDefinition(
  archive: string,
  directory: string,
  log: (line: string) => void,
): Promise<{ file: string; text: string }> {
  log('Opening the definition');
  await extractArchive(archive, directory, 'definition', definitionLimits);
  const file = await findArtifactFile(directory);
  log(`Reading ${file}`);
  return { file, text: await readMetadata(directory, file) };
}

async function findArtifactFile(directory: string): Promise<string> {
  const names = await readdir(directory);
  const file = artifactFiles.find((name) => names.includes(name));
  if (file !== undefined) return file;
  throw new Failure('rejected', `The definition has no artifact.yml; at its top are ${names.sort().join(', ')}`, {
    hint: 'Run the command in the directory of the artifact, or name it with -b and -s',
  });
}

async function readMetadata(directory: string, file: string): Promise<string> {
  const { size } = await stat(join(directory, file)).catch(() => ({ size: 0 }));
  if (size > maxArtifactBytes) {
    throw new Failure('rejected', `${file} is larger than ${maxArtifactBytes} bytes`, { where: file });
  }
  return readFile(join(directory, file), 'utf8').catch((cause: Error) => {
    throw new Failure('rejected', `${file} cannot be read: ${cause.message}`, { cause, where: file });
  });
}
