import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildResult, DEB_RESULT_FILE, Failure, FileName, type FileRef } from '@fatbuildr/domain';
import { checkDebResult, parseChanges } from '@fatbuildr/formats';
import { digestUntrusted, readUntrusted } from '../../files/untrusted.ts';
import type { DebBuild, ReadySource } from './deb-build.ts';

/** One file of a build, bytes. */
const LARGEST = 8 * 1024 ** 3;
const LARGEST_CHANGES = 4 * 1024 ** 2;
const MOST_FILES = 2000;

/** A file of the result and where it is on this host. */
type Collected = FileRef & { path: string };

/**
 * Takes the files that the build left, checks them against the .changes file and the order, and sends them to the api.
 * The job that also builds `Architecture: all` hands in the source package as well.
 *
 * @throws Failure `build-failure` for anything that is not what was ordered
 */
export async function collect(build: DebBuild, source: ReadySource): Promise<BuildResult> {
  const { job, directory } = build;
  const built = await plainFiles(directory.result);
  const changesFile = only(built.filter(({ name }) => name.endsWith('.changes')));
  const changes = parseChanges((await readUntrusted(changesFile.path, LARGEST_CHANGES)) ?? '');
  const beside = built.filter((file) => file !== changesFile).map(withoutPath);
  const { architecture, primary } = job.order;
  checkDebResult({ source: source.name, version: source.version, architecture, withAll: primary }, changes, beside);

  const files = primary ? [...built, ...(await sourceFiles(source))] : built;
  for (const file of files) {
    await job.api.putFile(withoutPath(file), file.path);
    job.log.line(`${file.name}  ${file.size} bytes`);
  }
  return {
    source: { name: source.name, version: source.version },
    files: files.map(withoutPath),
  };
}

function withoutPath({ name, sha256, size }: Collected): FileRef {
  return { name, sha256, size };
}

/** The files of the result directory, with digests of our own. Nothing but plain files of known kinds may be there. */
async function plainFiles(directory: string): Promise<Collected[]> {
  const names = (await readdir(directory)).toSorted();
  if (names.length > MOST_FILES) throw new Failure('build-failure', `The build left more than ${MOST_FILES} files.`);
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      if (!DEB_RESULT_FILE.test(name) || !FileName.safeParse(name).success || !(await lstat(path)).isFile()) {
        throw new Failure('build-failure', `The build left ${JSON.stringify(name)}, which is not a file of a package.`);
      }
      return { name, path, ...(await digestUntrusted(path, LARGEST)) };
    }),
  );
}

/** The files of the source package, as announced. */
async function sourceFiles({ directory, files }: ReadySource): Promise<Collected[]> {
  return Promise.all(
    files.map(async (announced) => {
      const path = join(directory, announced.name);
      const actual = await digestUntrusted(path, LARGEST);
      if (actual.sha256 !== announced.sha256) {
        throw new Failure('build-failure', `The source package's ${announced.name} changed during the build.`);
      }
      return { name: announced.name, path, ...actual };
    }),
  );
}

function only(changes: Collected[]): Collected {
  const [one, ...more] = changes;
  if (one && more.length === 0) return one;
  throw new Failure('build-failure', `The build left ${changes.length} .changes files; exactly one was expected.`);
}
