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

/** What is asked of files: the job that hands them in, its limit and its end. */
type Taking = Pick<Job, 'order' | 'signal'>;

/**
 * The files that a build left in a directory, with digests of our own.
 *
 * @param what they all are, for people
 * @throws Failure `build-failure` when anything but plain files with allowed names is there, or one that is too large for
 * the farm; the reason of the job's signal
 */
export async function resultFiles(
  job: Taking,
  directory: string,
  isAllowed: (name: string) => boolean,
  what = 'a file of a package',
): Promise<ResultFile[]> {
  const names = (await readdir(directory)).toSorted();
  if (names.length > MOST_FILES) throw new Failure('build-failure', `The build left more than ${MOST_FILES} files.`);
  const found: ResultFile[] = [];
  for (const name of names) {
    if (!isAllowed(name) || !FileName.safeParse(name).success || !(await lstat(join(directory, name))).isFile()) {
      throw new Failure('build-failure', `The build left ${JSON.stringify(name)}, which is not ${what}.`);
    }
    found.push(await digested(job, directory, name));
  }
  return found;
}

/** A file that was announced before the build. @throws Failure `build-failure` when it is another by now */
export async function announcedFile(job: Taking, directory: string, { name, sha256 }: FileRef): Promise<ResultFile> {
  const actual = await digested(job, directory, name);
  if (actual.sha256 === sha256) return actual;
  throw new Failure('build-failure', `The source package's ${name} changed during the build.`);
}

/** A file with its digest. What the farm would not take is not read. */
async function digested({ order, signal }: Taking, directory: string, name: string): Promise<ResultFile> {
  const path = join(directory, name);
  const { resultBytes = LARGEST } = order.limits;
  const size = (await lstat(path).catch(() => undefined))?.size ?? 0;
  if (size > resultBytes) {
    throw new Failure('build-failure', `${name} has ${size} bytes; the farm takes ${resultBytes}.`, {
      hint: 'Make it smaller, or have limits.resultBytes raised.',
    });
  }
  return { name, path, ...(await digestUntrusted(path, resultBytes, signal)) };
}

/** Sends files to the api, each with a line in the log. */
export async function handIn({ api, log }: Job, files: readonly ResultFile[]): Promise<FileRef[]> {
  for (const file of files) {
    await api.putFile(withoutPath(file), file.path);
    log.line(`${file.name}  ${file.size} bytes`);
  }
  return files.map(withoutPath);
}

export function withoutPath({ name, sha256, size }: ResultFile): FileRef {
  return { name, sha256, size };
}
