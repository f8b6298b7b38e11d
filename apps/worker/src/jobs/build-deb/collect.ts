import { type BuildDebOrder, type BuildResult, DEB_RESULT_FILE, Failure, handsInSource } from '@fatbuildr/domain';
import { checkDebResult, parseChanges } from '@fatbuildr/formats';
import { readUntrusted } from '../../files/untrusted.ts';
import type { PackageBuild } from '../build/build.ts';
import { announcedFile, handIn, type ResultFile, resultFiles, withoutPath } from '../build/result-files.ts';
import type { Job } from '../job.ts';
import type { ReadySource } from './source-package.ts';

const LARGEST_CHANGES = 4 * 1024 ** 2;

/**
 * Takes the files that the build left, checks them against the .changes file and the order, and sends them to the api.
 * The job that also builds `Architecture: all` hands in the source package as well, unless another job has.
 *
 * @throws Failure `build-failure` for anything that is not what was ordered
 */
export async function collect(build: PackageBuild<BuildDebOrder>, source: ReadySource): Promise<BuildResult> {
  const { job, directory } = build;
  const built = await resultFiles(job, directory.result, (name) => DEB_RESULT_FILE.test(name));
  const changesFile = only(built.filter(({ name }) => name.endsWith('.changes')));
  const changes = parseChanges((await readUntrusted(changesFile.path, LARGEST_CHANGES)) ?? '');
  const beside = built.filter((file) => file !== changesFile).map(withoutPath);
  const { architecture, primary } = job.order;
  checkDebResult({ source: source.name, version: source.version, architecture, withAll: primary }, changes, beside);

  const sources = handsInSource(job.order) ? await sourceFiles(job, source) : [];
  const files = await handIn(job, [...built, ...sources]);
  return { source: { name: source.name, version: source.version }, files };
}

/** Sends the source package by itself. */
export async function collectSource({ job }: PackageBuild<BuildDebOrder>, source: ReadySource): Promise<BuildResult> {
  const files = await handIn(job, await sourceFiles(job, source));
  return { source: { name: source.name, version: source.version }, files };
}

function sourceFiles(job: Job, { files, directory }: ReadySource): Promise<ResultFile[]> {
  return Promise.all(files.map((file) => announcedFile(job, directory, file)));
}

function only(changes: ResultFile[]): ResultFile {
  const [one, ...more] = changes;
  if (one && more.length === 0) return one;
  throw new Failure('build-failure', `The build left ${changes.length} .changes files; exactly one was expected.`);
}
