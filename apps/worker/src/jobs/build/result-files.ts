import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, FileName, type FileRef } from '@fatbuildr/domain';
import { digestUntrusted } from '../../files/untrusted.ts';
import type { Job } from '../job.ts';

/** More than any file of a build has, bytes. */
const LARGEST = 1024 ** 4;
const MOST_FILES = 2000;

/** A file of the result and where it is on this host. */
export type ResultFile = FileRef & { path: string };

/**
 * The files that a build left in a directory, with digests of our own.
 *
 * @param what they all are, for people
 * @throws Failure `build-failure` when anything but plain files with allowed names is there
 */
export async function resultFiles(
  directory: string,
  isAllowed: (name: string) => boolean,
  what = 'a file of a package',
): Promise<ResultFile[]> {
  const names = (await readdir(directory)).toSorted();
  if (names.length > MOST_FILES) throw new Failure('build-failure', `The build left more than ${MOST_FILES} files.`);
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      if (!isAllowed(name) || !FileName.safeParse(name).success || !(await lstat(path)).isFile()) {
        throw new Failure('build-failure', `The build left ${JSON.stringify(name)}, which is not ${what}.`);
      }
      return { name, path, ...(await digestUntrusted(path, LARGEST)) };
    }),
  );
}

/** A file that was announced before the build. @throws Failure `build-failure` when it is another by now */
export async function announcedFile(directory: string, { name, sha256 }: FileRef): Promise<ResultFile> {
  const path = join(directory, name);
  const actual = await digestUntrusted(path, LARGEST);
  if (actual.sha256 === sha256) return { name, path, ...actual };
  throw new Failure('build-failure', `The source package's ${name} changed during the build.`);
}

/** Sends files to the api, each with a line in the log. @throws Failure `build-failure` when one is too large for the farm */
export async function handIn({ api, log, order }: Job, files: readonly ResultFile[]): Promise<FileRef[]> {
  const { resultBytes = LARGEST } = order.limits;
  const large = files.find(({ size }) => size > resultBytes);
  if (large) {
    throw new Failure('build-failure', `${large.name} has ${large.size} bytes; the farm takes ${resultBytes}.`, {
      hint: 'Make it smaller, or have limits.resultBytes raised.',
    });
  }
  for (const file of files) {
    await api.putFile(withoutPath(file), file.path);
    log.line(`${file.name}  ${file.size} bytes`);
  }
  return files.map(withoutPath);
}

export function withoutPath({ name, sha256, size }: ResultFile): FileRef {
  return { name, sha256, size };
}
