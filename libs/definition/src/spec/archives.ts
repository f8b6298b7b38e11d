import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from '../archive/extract.ts';
import { upstreamLimits } from '../archive/limits.ts';
import { repack } from '../source/upstream.ts';

/** An archive as a source of an RPM. */
export interface TakenArchive {
  /** Its name among the sources. */
  file: string;
  /** The one directory that all of it lies in, where there is one. */
  top: string | undefined;
}

export interface SpecSource extends TakenArchive {
  id: string;
}

/**
 * Puts an upstream archive among the sources of an RPM, after a look at what is in it. A zip is packed anew, always to
 * the same bytes: `%setup` would need unzip in every build.
 *
 * @throws Failure `rejected` when it is damaged or does what no archive may
 */
export async function takeArchive({
  archive,
  filename,
  output,
  work,
}: {
  archive: string;
  filename: string;
  output: string;
  work: string;
}): Promise<TakenArchive> {
  const opened = join(work, 'opened');
  await rm(opened, { recursive: true, force: true });
  const packing = await extractArchive(archive, opened, filename, upstreamLimits);
  const entries = await readdir(opened, { withFileTypes: true });
  const [only] = entries;
  const top = entries.length === 1 && only?.isDirectory() ? only.name : undefined;
  await rm(opened, { recursive: true });
  const file = packing === 'zip' ? `${filename.replace(/\.zip$/i, '')}.tar.xz` : filename;
  if (packing === 'zip') await repack(archive, packing, filename, join(output, file));
  else await copyFile(archive, join(output, file));
  return { file, top };
}
