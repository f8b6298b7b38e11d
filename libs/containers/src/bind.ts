import { mkdir } from 'node:fs/promises';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';
import { unmount } from './mounts.ts';

/**
 * Mounts a directory that builds write to at another place, which is made, so that neither programs of other users nor
 * devices in it are of use. Containers that are given that place get the mount with the same restrictions.
 *
 * @throws {Failure} `infrastructure-failure` when the kernel refuses.
 */
export async function bindRestricted(source: string, target: string): Promise<{ unmount(): Promise<void> }> {
  await mkdir(target, { recursive: true });
  const steps = [
    ['--bind', '--', source, target],
    ['-o', 'remount,bind,nosuid,nodev', '--', target],
  ];
  for (const [index, step] of steps.entries()) {
    const result = await execa('mount', step, { reject: false });
    if (!result.failed) continue;
    if (index > 0) await unmount(target);
    throw new Failure('infrastructure-failure', `${source} can not be mounted: ${result.stderr}`, {
      hint: 'The worker needs root, and CAP_SYS_ADMIN to mount.',
    });
  }
  return { unmount: async () => void (await unmount(target)) };
}
