import { archName, type BuildResult, type BuildRpmOrder, Failure, parseRpmFileName } from '@fatbuildr/domain';
import type { PackageBuild } from '../build/build.ts';
import { handIn, type ResultFile, resultFiles } from '../build/result-files.ts';
import type { SourceRpm } from './source-rpm.ts';

/**
 * Takes the packages that the build left, checks their names against the order, and sends them to the api. The job
 * that also builds what is for all architectures hands in those and the source package; the others leave them out.
 *
 * @throws Failure `build-failure` for anything that is not what was ordered
 */
export async function collect(build: PackageBuild<BuildRpmOrder>, source: SourceRpm): Promise<BuildResult> {
  const { job, directory } = build;
  const { architecture, primary } = job.order;
  const native = archName(architecture, 'rpm');
  const built = await resultFiles(directory.result, (name) => parseRpmFileName(name) !== undefined);
  const isFor = (names: string[]) => (file: ResultFile) => names.includes(architectureOf(file));
  const odd = built.find((file) => !isFor([native, 'noarch', 'src'])(file));
  if (odd) throw new Failure('build-failure', `The build left ${odd.name}; ordered was ${native}.`);
  if (!built.some(isFor([native, 'noarch']))) {
    throw new Failure('build-failure', 'The build left no package.', {
      hint: 'A spec file without %files makes none: it needs that section, empty at least.',
    });
  }
  const sources = built.filter(isFor(['src']));
  const expected = `${source.name}-${source.version}.src.rpm`;
  if (sources.length !== 1 || sources[0]?.name !== expected) {
    throw new Failure('build-failure', `The build left ${names(sources)} as source package, expected was ${expected}.`);
  }
  const files = await handIn(job, built.filter(isFor(primary ? [native, 'noarch', 'src'] : [native])));
  return { source: { name: source.name, version: source.version }, files };
}

function architectureOf({ name }: ResultFile): string {
  return parseRpmFileName(name)?.architecture ?? '';
}

function names(files: readonly ResultFile[]): string {
  return files.map(({ name }) => name).join(', ') || 'nothing';
}
