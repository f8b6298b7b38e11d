import {
  archName,
  type BuildResult,
  type BuildRpmOrder,
  Failure,
  handsInCommon,
  handsInSource,
  parseRpmFileName,
} from '@fatbuildr/domain';
import type { PackageBuild } from '../build/build.ts';
import { handIn, type ResultFile, resultFiles } from '../build/result-files.ts';
import type { SourceRpm } from './builder.ts';
import { architecturesOf } from './source-rpm.ts';

/**
 * Takes the packages that the build left, checks their names against the order, and sends them to the api. What is for
 * all architectures is handed in by one job, and the source package unless another job has; the others leave them out.
 *
 * @throws Failure `build-failure` for anything that is not what was ordered
 */
export async function collect(build: PackageBuild<BuildRpmOrder>, source: SourceRpm): Promise<BuildResult> {
  const { job, directory } = build;
  const native = archName(job.order.architecture, 'rpm');
  const made = architecturesOf(job.order, source);
  const built = await resultFiles(job, directory.result, (name) => parseRpmFileName(name) !== undefined);
  const isFor = (names: string[]) => (file: ResultFile) => names.includes(architectureOf(file));
  const odd = built.find((file) => !isFor([native, 'noarch', 'src'])(file));
  if (odd) throw new Failure('build-failure', `The build left ${odd.name}; ordered was ${native}.`);
  if (!built.some(isFor([native, 'noarch']))) {
    throw new Failure('build-failure', 'The build left no package.', {
      hint: 'A spec file without %files makes none: it needs that section, empty at least.',
    });
  }
  const sources = built.filter(isFor(['src']));
  const version = versionOf(sources, source);
  const own = [
    native,
    ...(handsInCommon(job.order, made.architectures) ? ['noarch'] : []),
    ...(handsInSource(job.order) ? ['src'] : []),
  ];
  const files = await handIn(job, built.filter(isFor(own)));
  return { source: { name: source.name, version, ...made }, files };
}

/** Sends the source package by itself, with what further jobs are to build it with. */
export async function collectSource({ job }: PackageBuild<BuildRpmOrder>, source: SourceRpm): Promise<BuildResult> {
  const { name, version, buildargs, directory, file } = source;
  if (version === null) throw new Error('a source package made of a definition has a version');
  const beside = await resultFiles(job, directory, () => true);
  const files = await handIn(
    job,
    beside.filter((one) => one.name === file),
  );
  const made = architecturesOf(job.order, source);
  return { source: { name, version, buildargs: [...buildargs], ...made }, files };
}

function architectureOf({ name }: ResultFile): string {
  return parseRpmFileName(name)?.architecture ?? '';
}

/** What the one source package that came out says; it must be the one that was expected. */
function versionOf(sources: readonly ResultFile[], { name, version }: SourceRpm): string {
  const [only, ...more] = sources.map((file) => parseRpmFileName(file.name));
  const found = only && `${only.version}-${only.release}`;
  if (found !== undefined && more.length === 0 && only?.name === name && found === (version ?? found)) return found;
  const left = sources.map((file) => file.name).join(', ') || 'nothing';
  throw new Failure('build-failure', `The build left ${left} as source package of ${name} ${version ?? ''}.`);
}
