import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import { removeTree } from '../../trees/remove-tree.ts';
import type { DebBuild } from './deb-build.ts';

/** The tree to build in, for one of the builders. */
export type Chroot =
  | { builder: 'pbuilder'; mounts: Mount[]; chroot: string }
  | { builder: 'cowbuilder'; mounts: Mount[]; base: string; copies: string };

/**
 * Opens the build environment for one build. For pbuilder that is an overlay which is thrown away. cowbuilder makes its
 * own copy by hard links, which do not cross mounts: so it gets the base and the place of its copy by one mount.
 */
export async function openEnvironment({ host, job, environment }: DebBuild): Promise<Chroot> {
  if (job.order.target.builder === 'cowbuilder') {
    const copies = join(environment.directory, 'copies', job.id);
    await mkdir(copies, { recursive: true });
    job.defer(() => removeTree(copies));
    return {
      builder: 'cowbuilder',
      mounts: [{ source: environment.directory, target: '/build/environment' }],
      base: '/build/environment/root',
      copies: `/build/environment/copies/${job.id}`,
    };
  }
  const overlay = await host.overlay({ lower: environment.root, directory: join(job.workspace, 'environment') });
  job.defer(() => overlay.remove());
  return {
    builder: 'pbuilder',
    mounts: [{ source: overlay.root, target: '/build/chroot' }],
    chroot: '/build/chroot',
  };
}
