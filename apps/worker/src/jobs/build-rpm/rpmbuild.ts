import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildRpmOrder, Failure } from '@fatbuildr/domain';
import {
  BUILD_USER,
  DYNAMIC_REQUIREMENT,
  RPM_ARCHITECTURES,
  readRpmArchitectures,
  remadeSourceFailure,
  rpmbuildFailure,
  sourceRpmFailure,
  UNMET,
} from '@fatbuildr/formats';
import { readUntrusted } from '../../files/untrusted.ts';
import type { PackageBuild } from '../build/build.ts';
import { withShellOnFailure } from '../build/failed-build.ts';
import { resultFiles } from '../build/result-files.ts';
import { buildErrors } from './build-errors.ts';
import type { RpmBuilder, SourceRpm } from './builder.ts';
import { throughCcache } from './ccache.ts';
import { type Chroot, type ChrootCommand, openChroot } from './chroot.ts';
import { install, installOrLay } from './dependencies.ts';
import { madeSource } from './made-source.ts';

/** Where sources come from, and where packages are left, in a container. */
const INPUT = '/build/source';
const OUTPUT = '/build/srpm';
const RESULT = '/build/result';

/** The directories that rpmbuild has below its top. */
const LAY_OUT = 'cd "$HOME" && mkdir -p build/SPECS build/SOURCES';
/** The source RPM by itself, then what it requires and what it is for, for a look at it. */
const MAKE = `spec=$(ls build/SPECS/*.spec) && "$@" --define '_srcrpmdir ${OUTPUT}' "$spec" &&
rpm -qp --nosignature --requires ${OUTPUT}/*.rpm >${OUTPUT}/requires &&
rpm -qp --nosignature --qf '${RPM_ARCHITECTURES}' ${OUTPUT}/*.rpm >${OUTPUT}/architectures`;
/** What that leaves beside the source RPM. */
const BESIDE = ['requires', 'architectures'];
const FROM_FILES = `${LAY_OUT} && cp ${INPUT}/* build/SOURCES/ && mv build/SOURCES/*.spec build/SPECS/ && ${MAKE}`;
const FROM_SOURCE_RPM = `${LAY_OUT} && rpm -i --nosignature ${INPUT}/*.src.rpm && ${MAKE}`;
/** Calls rpmbuild with the spec file that the source package was made of. */
const WITH_SPEC = 'exec "$@" build/SPECS/*.spec';

const LONGEST_ANSWER = 4 * 1024 ** 2;
/** How often a build may come up with further dependencies of its own. */
const MOST_ROUNDS = 10;

/**
 * rpmbuild by itself, as an ordinary user in an overlay over the environment, without network; what it requires is
 * installed from outside.
 */
export async function openRpmbuild(build: PackageBuild<BuildRpmOrder>): Promise<RpmBuilder> {
  const chroot = await openChroot(build);
  /** Whether the build itself tells further build dependencies. */
  let isDynamic = false;

  async function makeSource(
    script: string,
    input: string,
    buildargs: readonly string[],
    failure: (status: number, output: string) => Failure,
  ) {
    const outbox = await chroot.outbox('srpm');
    const { status, output } = await chroot.run({
      name: 'srpm',
      command: ['/bin/sh', '-c', script, 'sh', ...chroot.rpmbuild, '-bs', '--nodeps', ...buildargs],
      mounts: [
        { source: input, target: INPUT, readOnly: true },
        { source: outbox, target: OUTPUT },
      ],
    });
    if (status !== 0) throw failure(status, output);
    const requires = await readUntrusted(join(outbox, 'requires'), LONGEST_ANSWER);
    isDynamic = requires?.split('\n').some((line) => line.startsWith(DYNAMIC_REQUIREMENT)) ?? false;
    const architectures = await readUntrusted(join(outbox, 'architectures'), LONGEST_ANSWER);
    const made = await madeSource(build.job, outbox, (name) => BESIDE.includes(name), buildargs);
    return { ...made, architectures: readRpmArchitectures(architectures ?? '') };
  }

  return {
    fromFiles: ({ directory, spec, buildargs }) =>
      makeSource(FROM_FILES, directory, buildargs, (...end) => sourceRpmFailure(...end, `rpm/${spec}`)),
    // Made anew: its version and dependencies may depend on the distribution.
    fromSourceRpm: ({ directory, file, buildargs }) =>
      makeSource(FROM_SOURCE_RPM, directory, buildargs, (...end) => remadeSourceFailure(...end, file)),
    build: (source) =>
      withShellOnFailure(
        build,
        () => buildPackages(source),
        (failure) => chroot.left(failure),
      ),
  };

  async function buildPackages(source: SourceRpm): Promise<void> {
    const { job, directory } = build;
    const through = await job.phase('dependencies', async () => {
      await meetDependencies(build, chroot, source, isDynamic);
      return throughCcache(build, chroot, source.name);
    });
    await chown(directory.result, BUILD_USER.uid, BUILD_USER.gid);
    await job.phase('build', async () => {
      const errors = buildErrors();
      // What tells dependencies has run %prep before: the tree is there.
      const options = ['-ba', ...(isDynamic ? ['--noprep'] : [])];
      const command = rpmbuild(chroot, source, options, directory.result);
      const { status } = await chroot.run(through({ name: 'build', ...command, onOutput: errors.write }));
      const failure = rpmbuildFailure(status, errors.found());
      if (failure !== undefined) throw failure;
    });
  }
}

/** Installs what the source package requires, and what the build itself then says that it requires. */
async function meetDependencies(
  build: PackageBuild<BuildRpmOrder>,
  chroot: Chroot,
  source: SourceRpm,
  isDynamic: boolean,
): Promise<void> {
  const warm = build.job.order.warm === false ? undefined : build.host.warm;
  // Whatever else the build needs, the dependencies are what an earlier one may have installed.
  const besides = build.job.order.ccache ? ['ccache'] : [];
  if (warm) await installOrLay(build, chroot, { ...source, besides }, warm);
  else await install(chroot, { ...source, besides, name: 'dependencies', root: chroot.root });
  if (!isDynamic) return;
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const outbox = await chroot.outbox(`requirements-${round}`);
    const errors = buildErrors();
    const command = rpmbuild(chroot, source, ['-br'], outbox);
    const { status } = await chroot.run({ name: `requirements-${round}`, ...command, onOutput: errors.write });
    if (status !== UNMET) {
      const failure = rpmbuildFailure(status, errors.found());
      if (failure !== undefined) throw failure;
      return;
    }
    const [told] = await resultFiles(build.job, outbox, (name) => name.endsWith('.nosrc.rpm'));
    if (told === undefined) break;
    await install(chroot, {
      ...{ name: `dependencies-${round}`, root: chroot.root },
      ...{ directory: outbox, file: told.name },
    });
  }
  throw new Failure('dependency-failure', 'The build comes up with further dependencies each time it is asked.', {
    hint: 'Look at %generate_buildrequires in the spec file; the log names what it said.',
  });
}

/** The call of rpmbuild that leaves what it makes in the outbox. */
function rpmbuild(
  chroot: Chroot,
  { buildargs }: SourceRpm,
  options: readonly string[],
  outbox: string,
): Pick<ChrootCommand, 'command' | 'mounts'> {
  const places = ['_rpmdir', '_srcrpmdir'].flatMap((macro) => ['--define', `${macro} ${RESULT}`]);
  return {
    command: ['/bin/sh', '-c', WITH_SPEC, 'sh', ...chroot.rpmbuild, ...options, ...buildargs, ...places],
    mounts: [{ source: outbox, target: RESULT }],
  };
}
