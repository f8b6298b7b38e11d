import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { ChangedOrigin } from './changed-origin.ts';
import { checkedFile } from './checked-paths.ts';
import type { ListedFile } from './listed.ts';
import type { Origin, OriginFiles } from './origin.ts';

/** Four times those of the largest archives, compressed. */
const LARGEST_LIST = 256 << 20;

/**
 * A file that is what a list said of it, from the first of `paths` that has it; false when there is none at any.
 *
 * @throws ChangedOrigin when there are others in its place
 */
export async function copyListed(
  files: OriginFiles,
  listed: ListedFile,
  to: string,
  paths: readonly string[] = [listed.path],
): Promise<boolean> {
  let strange: Failure | undefined;
  for (const path of paths) {
    try {
      const found = await files.copy(path, to, listed.size);
      if (found?.size === listed.size && found.sha256 === listed.sha256) return true;
      if (found) strange ??= notListed(path, listed, found);
    } catch (error) {
      if (!(error instanceof ChangedOrigin)) throw error;
      strange ??= error;
    }
  }
  if (strange) throw strange;
  return false;
}

function notListed(path: string, listed: ListedFile, found: Omit<ListedFile, 'path'>): ChangedOrigin {
  return new ChangedOrigin(
    `${path} is not the file that is listed: expected ${listed.size} bytes with sha256 ${listed.sha256}, found ` +
      `${found.size} with ${found.sha256}`,
  );
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
    if (listed.size > LARGEST_LIST) {
      throw new Failure('rejected', `${from} names a list of ${listed.size} bytes: ${listed.path}`, {
        hint: `lists of up to ${LARGEST_LIST} bytes are read; have what keeps the repository compress it`,
      });
    }
    const path = scratchFile(origin);
    const paths = pathsOf(listed).map((each) => checkedFile({ ...listed, path: each }, from).path);
    if (await copyListed(origin.files, listed, path, paths)) return { path, name: listed.path };
  }
  return undefined;
}

/** The files of a list by their names. @throws Failure `rejected` when one is there twice with other digests */
export function byName<File extends ListedFile>(
  files: readonly File[],
  nameOf: (file: File) => string,
  list: string,
): Map<string, File> {
  const known = new Map<string, File>();
  for (const file of files) {
    const name = nameOf(file);
    const before = known.get(name);
    if (before && (before.sha256 !== file.sha256 || before.size !== file.size)) {
      throw new Failure('rejected', `${list} names ${JSON.stringify(name.slice(0, 200))} twice, with other digests`, {
        hint: 'nothing was taken over; have the lists made anew by what keeps the repository',
      });
    }
    known.set(name, file);
  }
  return known;
}
