import { join } from 'node:path';
import { readSourceResult } from '@fatbuildr/definition';
import { type BuildRpmOrder, Failure, parseRpmFileName } from '@fatbuildr/domain';
import { DYNAMIC_REQUIREMENT, sourceRpmFailure } from '@fatbuildr/formats';
import { plainDirectory, readUntrusted } from '../../files/untrusted.ts';
import type { PackageBuild } from '../build/build.ts';
import { makeSource } from '../build/make-source.ts';
import { resultFiles } from '../build/result-files.ts';
import { foreignSource, type Sources } from '../build/sources.ts';
import type { Chroot } from './chroot.ts';

/** A source RPM, made in the environment: its version and dependencies are those of the distribution. */
export interface SourceRpm {
  name: string;
  /** `version-release`. */
  version: string;
  /** The file, on this host. */
  path: string;
  /** Options of the definition for rpmbuild. */
  buildargs: readonly string[];
  /** Whether the build itself tells further build dependencies. */
  isDynamic: boolean;
}

/** Where what the source RPM is made of, and what comes out, is in the environment. */
const INPUT = '/build/source';
const OUTPUT = '/build/srpm';

/** The directories that rpmbuild has below its top. */
const LAY_OUT = 'cd "$HOME" && mkdir -p build/SPECS build/SOURCES';
/** The source RPM by itself, then what it requires, for a look at it. */
const MAKE = `spec=$(ls build/SPECS/*.spec) && "$@" --define '_srcrpmdir ${OUTPUT}' "$spec" &&
rpm -qp --nosignature --requires ${OUTPUT}/*.src.rpm >${OUTPUT}/requires`;
const FROM_FILES = `${LAY_OUT} && cp ${INPUT}/* build/SOURCES/ && mv build/SOURCES/*.spec build/SPECS/ && ${MAKE}`;
const FROM_SOURCE_RPM = `${LAY_OUT} && rpm -i --nosignature ${INPUT}/*.src.rpm && ${MAKE}`;

const LONGEST_REQUIRES = 4 * 1024 ** 2;

/**
 * Makes the source RPM in the environment, of what a definition says or of a source RPM of any origin. The spec file is
 * parsed there for the first time: it may run what it likes while that happens.
 */
export async function sourceRpm(
  build: PackageBuild<BuildRpmOrder>,
  sources: Sources,
  chroot: Chroot,
): Promise<SourceRpm> {
  return build.job.phase('source-package', async () => {
    if (sources.kind === 'definition') return fromDefinition(build, sources, chroot);
    if (sources.plan.kind !== 'srpm') throw foreignSource('rpm');
    const { name, srpm } = sources.plan;
    const made = await make(chroot, { script: FROM_SOURCE_RPM, input: sources.directory, spec: srpm, buildargs: [] });
    if (made.name === name) return made;
    throw new Failure('rejected', `${srpm} says that it is ${name}, and its spec file that it is ${made.name}.`);
  });
}

async function fromDefinition(
  build: PackageBuild<BuildRpmOrder>,
  fetched: Extract<Sources, { kind: 'definition' }>,
  chroot: Chroot,
): Promise<SourceRpm> {
  const { text, version, directory } = await makeSource(build, fetched);
  const spec = `rpm/${readSourceResult(text, 'rpm').spec}`;
  const { buildargs, name } = fetched.plan;
  const input = await plainDirectory(directory);
  const made = await make(chroot, { script: FROM_FILES, input, spec, buildargs });
  if (made.name !== name) throw otherwise(spec, 'Name', made.name, name, 'the artifact');
  if (made.version !== version)
    throw otherwise(spec, 'Version and Release', made.version, version, '{{ version }} and {{ release }}');
  return made;
}

interface Making {
  script: string;
  input: string;
  /** What messages call the spec file. */
  spec: string;
  buildargs: readonly string[];
}

async function make(chroot: Chroot, { script, input, spec, buildargs }: Making): Promise<SourceRpm> {
  const outbox = await chroot.outbox('srpm');
  const { status, output } = await chroot.run({
    name: 'srpm',
    command: ['/bin/sh', '-c', script, 'sh', 'rpmbuild', '-bs', '--nodeps', ...buildargs],
    mounts: [
      { source: input, target: INPUT, readOnly: true },
      { source: outbox, target: OUTPUT },
    ],
  });
  if (status !== 0) throw sourceRpmFailure(output, spec);
  const requires = await readUntrusted(join(outbox, 'requires'), LONGEST_REQUIRES);
  const files = await resultFiles(outbox, (name) => name === 'requires' || name.endsWith('.src.rpm'));
  const [made, ...more] = files.filter(({ name }) => name !== 'requires');
  const parsed = made && parseRpmFileName(made.name);
  if (!made || !parsed || more.length > 0) {
    throw new Failure('rejected', `${spec} makes ${files.length - 1} source packages; exactly one was expected.`);
  }
  const { name, version, release } = parsed;
  return {
    name,
    version: `${version}-${release}`,
    path: made.path,
    buildargs,
    isDynamic: requires?.split('\n').some((line) => line.startsWith(DYNAMIC_REQUIREMENT)) ?? false,
  };
}

function otherwise(spec: string, what: string, found: string, expected: string, write: string): Failure {
  return new Failure('rejected', `${spec}: ${what} come to ${found}, given was ${expected}`, {
    hint: `Take ${write} there as they are, without %{?dist}: the release has the tag of the distribution already.`,
    where: spec,
  });
}
