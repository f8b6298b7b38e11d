import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mount, mountOverlay, type Overlay, removeTree } from '@fatbuildr/containers';
import type { BuildDebOrder } from '@fatbuildr/domain';
import type { PackageBuild } from '../build/build.ts';

/** The tree to build in, for one of the builders; `copiesHere` is `copies` on this host, without links. */
export type Chroot =
  | { builder: 'pbuilder'; mounts: Mount[]; chroot: string; overlay: Overlay }
  | { builder: 'cowbuilder'; mounts: Mount[]; base: string; copies: string; copiesHere: string };

/**
 * Opens the build environment for one build. For pbuilder that is an overlay which is thrown away. cowbuilder makes its
 * own copy by hard links, which do not cross mounts: so it gets the base and the place of its copy by one mount.
 */
export async function openEnvironment({ job, environment }: PackageBuild<BuildDebOrder>): Promise<Chroot> {
  if (job.order.target.builder === 'cowbuilder') {
    if (job.order.limits.diskBytes !== null) {
      job.log.line('warning: what cowbuilder writes into its copy is not counted against limits.diskBytes');
    }
    const copies = join(environment.directory, 'copies', job.id);
    await mkdir(copies, { recursive: true });
    job.defer(() => removeTree(copies));
    return {
      builder: 'cowbuilder',
      mounts: [{ source: environment.directory, target: '/build/environment' }],
      base: '/build/environment/tree',
      copies: `/build/environment/copies/${job.id}`,
      copiesHere: await realpath(copies),
    };
  }
  const overlay = await mountOverlay({ lower: [environment.root], workspace: join(job.workspace, 'environment') });
  job.defer(overlay.unmount);
  return { builder: 'pbuilder', mounts: [chrootMount(overlay.merged)], chroot: CHROOT, overlay };
}

/** The chroot of pbuilder, in the container. */
export const CHROOT = '/build/chroot';

/** A tree of this host as the chroot of pbuilder. */
export function chrootMount(tree: string): Mount {
  return { source: tree, target: CHROOT };
}
