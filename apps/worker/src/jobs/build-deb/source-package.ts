import { readSourceResult } from '@fatbuildr/definition';
import type { BuildDebOrder, BuildResult, FileRef } from '@fatbuildr/domain';
import { makesPackagesFor } from '@fatbuildr/formats';
import { plainDirectory } from '../../files/untrusted.ts';
import type { PackageBuild } from '../build/build.ts';
import { makeSource } from '../build/make-source.ts';
import { type FetchedDefinition, foreignSource, type Sources } from '../build/sources.ts';

/** A source package ready to build: the .dsc and all it lists lie in `directory`. */
export interface ReadySource {
  name: string;
  version: string;
  dsc: string;
  files: FileRef[];
  /** What it makes packages for, as the .dsc says; undefined where it was made here. */
  architectures?: string[];
  /** On this host. */
  directory: string;
}

/** The source package that was submitted, or the one that a definition makes. */
export async function sourcePackage(build: PackageBuild<BuildDebOrder>, sources: Sources): Promise<ReadySource> {
  if (sources.kind === 'definition') return build.job.phase('source-package', () => fromDefinition(build, sources));
  if (sources.plan.kind !== 'dsc') throw foreignSource('deb');
  const { name, version, dsc, files, architectures } = sources.plan;
  return { name, version, dsc, files, architectures, directory: sources.directory };
}

/** Packages for all architectures are built by the first job alone: the others may have none to build. */
export function nothingOf(
  { job }: Pick<PackageBuild<BuildDebOrder>, 'job'>,
  source: ReadySource,
): BuildResult | undefined {
  const { architecture, primary } = job.order;
  const { name, version, dsc, architectures } = source;
  if (architectures === undefined || makesPackagesFor(architectures, architecture)) return undefined;
  if (primary && architectures.includes('all')) return undefined;
  job.log.line(`${dsc} makes no package for ${architecture}: its Architecture is ${architectures.join(' ')}`);
  return { source: { name, version }, files: [] };
}

async function fromDefinition(build: PackageBuild<BuildDebOrder>, fetched: FetchedDefinition): Promise<ReadySource> {
  const { text, version, directory } = await makeSource(build, fetched);
  const { dsc, files } = readSourceResult(text, 'deb');
  return { name: fetched.plan.name, version, dsc, files, directory: await plainDirectory(directory) };
}
