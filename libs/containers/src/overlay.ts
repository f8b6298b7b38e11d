import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { execa } from 'execa';
import { unmount } from './mounts.ts';

export interface OverlaySpec {
  /** Trees that are read and never written, the topmost first. */
  lower: readonly [string, ...string[]];
  /** A directory made for this overlay, on a file system that can hold an upper layer: any but an overlay. */
  workspace: string;
}

export interface Overlay {
  /** The tree to work in. */
  merged: string;
  /** What was written, as overlayfs keeps it (deletions are device nodes 0:0). */
  upper: string;
  /** Takes the merged tree away and leaves the upper layer. May be called again. */
  unmount(): Promise<void>;
}

/**
 * Mounts an overlay whose layers `upper`, `work` and `merged` lie in the workspace. It is to be thrown away: what is
 * written need not reach the disk, so a power loss leaves an upper layer that nobody may use.
 *
 * @throws {Failure} `infrastructure-failure` when the kernel refuses.
 */
export async function mountOverlay({ lower, workspace }: OverlaySpec): Promise<Overlay> {
  const [merged, upper, work] = ['merged', 'upper', 'work'].map((name) => join(workspace, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [merged, upper, work]) await mkdir(directory, { recursive: true });
  const options = `lowerdir=${lower.map(escapeLayer).join(':')},upperdir=${escapeLayer(upper)},workdir=${escapeLayer(work)}`;
  const mount = (more: string) =>
    execa('mount', ['-t', 'overlay', 'overlay', '-o', options + more, merged], { reject: false });
  // dpkg syncs each file that it writes, and unmounting the whole disk. Linux knows the option from 5.10 on.
  const volatile = await mount(',volatile');
  const result = volatile.failed ? await mount('') : volatile;
  if (result.failed) {
    throw new Failure('infrastructure-failure', `the overlay over ${lower[0]} can not be mounted: ${result.stderr}`, {
      hint: 'The worker needs root and overlayfs, and its workspaces must not lie on an overlay themselves.',
    });
  }
  let mounted = true;
  return {
    merged,
    upper,
    unmount: async () => {
      if (mounted) await unmount(merged);
      mounted = false;
    },
  };
}

/** overlayfs splits its options at `,` and layers at `:`. */
function escapeLayer(path: string): string {
  if (path.includes(',')) throw new Error(`a layer's path can not hold a comma: ${path}`);
  return path.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
}
