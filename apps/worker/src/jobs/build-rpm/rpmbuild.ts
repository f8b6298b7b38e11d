import { chown } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type BuildRpmOrder, Failure } from '@fatbuildr/domain';
import { BUILD_USER, dnfFailure, rpmbuildFailure, UNMET } from '@fatbuildr/formats';
import { createLineFilter } from '../../log/line-filter.ts';
import type { PackageBuild } from '../build/build.ts';
import { createErrorFinder } from '../build/first-error.ts';
import { resultFiles } from '../build/result-files.ts';
import type { Chroot } from './chroot.ts';
import type { SourceRpm } from './source-rpm.ts';

/** Where build dependencies are told, and where packages are left, in a container. */
const REQUIREMENTS = '/build/requirements';
const RESULT = '/build/result';

/** How often a build may come up with further dependencies of its own. */
const MOST_ROUNDS = 10;

/** Calls rpmbuild with the spec file that the source package was made of. */
const WITH_SPEC = 'exec "$@" build/SPECS/*.spec';

/**
 * Builds the binary packages into the result directory, as an ordinary user without network.
 *
 * @throws Failure `dependency-failure` that names the unmet ones, `build-failure` with the first real error, or
 * `infrastructure-failure` when the host is to blame
 */
export async function runRpmbuild(
  build: PackageBuild<BuildRpmOrder>,
  source: SourceRpm,
  chroot: Chroot,
): Promise<void> {
  const { job, directory } = build;
  await job.phase('dependencies', () => meetDependencies(chroot, source));
  await chown(directory.result, BUILD_USER.uid, BUILD_USER.gid);
  await job.phase('build', async () => {
    const errors = createErrorFinder();
    const lines = createLineFilter(
      () => {},
      (line) => {
        errors.line(line);
        return false;
      },
    );
    // What tells dependencies has run %prep before: the tree is there.
    const options = ['-ba', ...(source.isDynamic ? ['--noprep'] : [])];
    const { status } = await rpmbuild(chroot, source, 'build', options, directory.result, (chunk) =>
      lines.write(chunk),
    );
    lines.end();
    const failure = rpmbuildFailure(status, errors.found());
    if (failure !== undefined) throw failure;
  });
}

/** Installs what the source package requires, and what the build itself then says that it requires. */
async function meetDependencies(chroot: Chroot, source: SourceRpm): Promise<void> {
  await install(chroot, 'dependencies', source.path);
  if (!source.isDynamic) return;
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const outbox = await chroot.outbox(`requirements-${round}`);
    const { status } = await rpmbuild(chroot, source, `requirements-${round}`, ['-br'], outbox);
    if (status !== UNMET) {
      const failure = rpmbuildFailure(status, undefined);
      if (failure !== undefined) throw failure;
      return;
    }
    const [told] = await resultFiles(outbox, (name) => name.endsWith('.nosrc.rpm'));
    if (told === undefined) break;
    await install(chroot, `dependencies-${round}`, told.path);
  }
  throw new Failure('dependency-failure', 'The build comes up with further dependencies each time it is asked.', {
    hint: 'Look at %generate_buildrequires in the spec file; the log names what it said.',
  });
}

/** From outside: what the spec file says was worked out in the environment before. */
async function install(chroot: Chroot, name: string, sourceRpm: string): Promise<void> {
  const { status, output } = await chroot.dnf.run({
    name,
    root: chroot.root,
    args: ['builddep', `${REQUIREMENTS}/${basename(sourceRpm)}`],
    mounts: [{ source: dirname(sourceRpm), target: REQUIREMENTS, readOnly: true }],
  });
  if (status !== 0) throw dnfFailure(output);
}

function rpmbuild(
  chroot: Chroot,
  { buildargs }: SourceRpm,
  name: string,
  options: readonly string[],
  outbox: string,
  onOutput?: (chunk: Buffer) => void,
) {
  const places = ['_rpmdir', '_srcrpmdir'].flatMap((macro) => ['--define', `${macro} ${RESULT}`]);
  return chroot.run({
    name,
    command: ['/bin/sh', '-c', WITH_SPEC, 'sh', 'rpmbuild', ...options, ...buildargs, ...places],
    mounts: [{ source: outbox, target: RESULT }],
    onOutput,
  });
}
