import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { openDefinition } from '../open-definition.ts';
import type { ImagePlan } from '../plan.ts';
import type { ImageRequest } from '../protocol.ts';
import { readImage } from './read-image.ts';

/** Opens a definition, and tells which image it asks for. */
export async function inspectImage(request: ImageRequest, log: (line: string) => void): Promise<ImagePlan> {
  const { artifact, derivative, archive, directory } = request;
  const { file, text } = await openDefinition(archive, directory, log);
  const { version, warnings } = readImage(text, { file, artifact, derivative });
  const configuration = `osi/${artifact}.mkosi`;
  const found = await lstat(join(directory, configuration)).catch(() => undefined);
  if (!found?.isFile()) {
    throw new Failure('rejected', `The definition declares the format osi but has no file ${configuration}`, {
      hint: 'It is the configuration of mkosi (mkosi(1)); what it refers to lies beside it',
      where: 'osi/',
    });
  }
  for (const warning of warnings) log(`Warning: ${warning}`);
  return { kind: 'image', name: artifact, version, configuration, warnings };
}
