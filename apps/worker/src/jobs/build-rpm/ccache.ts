import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRpmOrder } from '@fatbuildr/domain';
import {
  BUILD_USER,
  CCACHE_COMPILERS,
  CCACHE_DIRECTORY,
  COUNT_CCACHE,
  ccacheEnvironment,
  TELL_CCACHE,
} from '@fatbuildr/formats';
import type { PackageBuild } from '../build/build.ts';
import { openCcache } from '../build/ccache.ts';
import type { Chroot, ChrootCommand } from './chroot.ts';

/** What becomes of a command of the build that compiles. */
export type Through = (command: ChrootCommand) => ChrootCommand;

/** Counts what the command takes from ccache, tells it, and ends as the command did. */
const COUNTED = `${COUNT_CCACHE}\n"$@"\nstatus=$?\n${TELL_CCACHE}\nexit $status`;

/**
 * Has a command compile through ccache, which came with the dependencies unless the dnf of the tool image knows nothing
 * of packages besides. Where the repositories have none, the log says so.
 */
export async function throughCcache(
  build: PackageBuild<BuildRpmOrder>,
  chroot: Chroot,
  artifact: string,
): Promise<Through> {
  if (!build.job.order.ccache) return (command) => command;
  const isThere = async () => (await lstat(join(chroot.root, 'usr/bin/ccache')).catch(() => undefined)) !== undefined;
  if (!(await isThere())) await chroot.dnf.run({ name: 'ccache', root: chroot.root, args: ['install', 'ccache'] });
  const cache = (await isThere()) ? await openCcache(build, artifact, BUILD_USER.uid) : undefined;
  if (cache === undefined) {
    build.job.log.line(
      'warning: ccache cannot be installed from the repositories of the environment; going on without',
    );
    return (command) => command;
  }
  const { maxBytes } = cache;
  return ({ command, mounts = [], ...rest }) => ({
    ...rest,
    command: ['/bin/sh', '-c', COUNTED, 'sh', ...command],
    mounts: [...mounts, cache.mount(CCACHE_DIRECTORY)],
    environment: {
      ...ccacheEnvironment({ maxBytes, directory: `${BUILD_USER.home}/build` }),
      PATH: `${CCACHE_COMPILERS.rpm}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
    },
  });
}
