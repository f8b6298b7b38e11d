import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { checkedFile } from './checked-paths.ts';
import type { ListedFile } from './listed.ts';
import type { Origin, OriginFiles } from './origin.ts';

/** A file that is what a list said of it, or undefined when there is none at any of `paths`. @throws Failure */
export async function copyListed(
  files: OriginFiles,
  listed: ListedFile,
  to: string,
  paths: readonly string[] = [listed.path],
): Promise<boolean> {
  for (const path of paths) {
    const found = await files.copy(path, to, listed.size);
    if (!found) continue;
    if (found.size === listed.size && found.sha256 === listed.sha256) return true;
    throw new Failure(
      'rejected',
      `${path} is not the file that is listed: expected ${listed.size} bytes with sha256 ${listed.sha256}, found ` +
        `${found.size} with ${found.sha256}`,
      { hint: 'the repository may have changed meanwhile: try again; if that does not help, it is damaged' },
    );
  }
  return false;
}

/** A file of the origin under a name of its own in the scratch directory. */
export function scratchFile({ scratch }: Pick<Origin, 'scratch'>): string {
  return join(scratch, randomBytes(8).toString('hex'));
}

/**
 * Brings the first of some lists that is there, since they are the same in several compressions.
 *
 * @param pathsOf where a list may be
 * @returns undefined when none is
 */
export async function bringList(
  origin: Origin,
  candidates: readonly ListedFile[],
  from: string,
  pathsOf: (file: ListedFile) => string[],
): Promise<{ path: string; name: string } | undefined> {
  for (const candidate of candidates) {
    const listed = checkedFile(candidate, from);
    const path = scratchFile(origin);
    const paths = pathsOf(listed).map((each) => checkedFile({ ...listed, path: each }, from).path);
    if (await copyListed(origin.files, listed, path, paths)) return { path, name: listed.path };
  }
  return undefined;
}
