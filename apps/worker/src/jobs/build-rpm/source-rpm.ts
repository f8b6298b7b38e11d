import { readSourceResult } from '@fatbuildr/definition';
import { type BuildResult, type BuildRpmOrder, Failure, isOneOfSeveral } from '@fatbuildr/domain';
import { makesRpmsFor } from '@fatbuildr/formats';
import { plainDirectory } from '../../files/untrusted.ts';
import type { PackageBuild } from '../build/build.ts';
import { makeSource } from '../build/make-source.ts';
import { type FetchedDefinition, foreignSource, type Sources } from '../build/sources.ts';
import type { RpmBuilder, SourceRpm } from './builder.ts';

/**
 * The source RPM, of what a definition says or of a source RPM of any origin. The spec file is parsed in the environment
 * for the first time: it may run what it likes while that happens.
 */
export async function sourceRpm(
  build: PackageBuild<BuildRpmOrder>,
  sources: Sources,
  builder: RpmBuilder,
): Promise<SourceRpm> {
  return build.job.phase('source-package', async () => {
    if (sources.kind === 'definition') return fromDefinition(build, sources, builder);
    if (sources.plan.kind !== 'srpm') throw foreignSource('rpm');
    const { name, srpm } = sources.plan;
    const { buildargs = [] } = build.job.order;
    const made = await builder.fromSourceRpm({ name, directory: sources.directory, file: srpm, buildargs });
    if (made.name === name) return made;
    throw new Failure('rejected', `${srpm} says that it is ${name}, and its spec file that it is ${made.name}.`, {
      hint: 'Make it anew with rpmbuild -bs.',
    });
  });
}

/** A spec file may exclude architectures; the packages for all others are built by other jobs. */
export function nothingOf(
  { job }: Pick<PackageBuild<BuildRpmOrder>, 'job'>,
  { name, version, file, architectures }: SourceRpm,
): BuildResult | undefined {
  const { architecture } = job.order;
  if (version === null || architectures === undefined || makesRpmsFor(architectures, architecture)) return undefined;
  job.log.line(`${file} makes no package for ${architecture}, by its ExclusiveArch and ExcludeArch`);
  return { source: { name, version }, files: [] };
}

/** Of several architectures that were ordered, those that a source RPM makes packages for, where the builder asks it. */
export function architecturesOf(
  order: Pick<BuildRpmOrder, 'architectures'>,
  { architectures: said }: Pick<SourceRpm, 'architectures'>,
): { architectures?: string[] } {
  const { architectures = [] } = order;
  if (said === undefined || !isOneOfSeveral(order)) return {};
  return { architectures: architectures.filter((one) => makesRpmsFor(said, one)) };
}

async function fromDefinition(
  build: PackageBuild<BuildRpmOrder>,
  fetched: FetchedDefinition,
  builder: RpmBuilder,
): Promise<SourceRpm> {
  const { text, version, directory } = await makeSource(build, fetched);
  const { spec } = readSourceResult(text, 'rpm');
  const { buildargs, name } = fetched.plan;
  const made = await builder.fromFiles({ directory: await plainDirectory(directory), spec, buildargs });
  if (made.name !== name) throw otherwise(spec, 'Name comes', made.name, name, 'the name of the artifact');
  if (made.version !== version) {
    throw otherwise(spec, 'Version and Release come', made.version, version, '{{ version }} and {{ release }}');
  }
  return made;
}

function otherwise(spec: string, what: string, found: string | null, expected: string, write: string): Failure {
  return new Failure('rejected', `rpm/${spec}: ${what} to ${found}, given was ${expected}`, {
    hint: `Take ${write} there as they are, without %{?dist}: the release has the tag of the distribution already.`,
    where: `rpm/${spec}`,
  });
}
