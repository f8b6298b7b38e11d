import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildDebOrder } from '@fatbuildr/domain';
import { ccacheHooks, phaseHooks } from '@fatbuildr/formats';
import type { PackageBuild } from '../build/build.ts';
import { aptReadyScript } from '../deb/apt.ts';

/** Where pbuilder puts the files of the hook directory in the chroot. */
export const HOOKS_INSIDE = '/tmp/hooks';

/** Readies apt, where dependencies are met before pbuilder starts. pbuilder takes it for no hook. */
export const READY_HOOK = 'ready';

/**
 * Writes the hooks of a build: those that tell its phases, and one that readies apt before dependencies are resolved:
 * the farm's own repository, and fresh lists when the environment's are old. That one is for pbuilder to call where it is to
 * install them. Returns their directory.
 */
export async function writeHooks(
  { host, job, environment }: PackageBuild<BuildDebOrder>,
  nonce: string,
  { installs, ccache }: { installs: boolean; ccache: boolean },
): Promise<string> {
  const { farm } = job.order;
  const directory = join(job.workspace, 'hooks');
  await mkdir(directory);
  const { created } = environment.held;
  const hooks = [
    ...phaseHooks(nonce),
    ...(ccache ? ccacheHooks() : []),
    {
      name: installs ? 'D10sources' : READY_HOOK,
      mode: 0o700,
      text: await aptReadyScript(host, { farm, created, directory, inside: HOOKS_INSIDE }),
    },
  ];
  for (const { name, mode, text } of hooks) {
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), mode);
  }
  return directory;
}
