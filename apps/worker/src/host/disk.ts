import { mkdir, statfs } from 'node:fs/promises';
import type { HostReport } from '@fatbuildr/domain';

/** How much of the disks that a host works on is free. */
export interface DiskWatch {
  /** That of the first directory, bytes. */
  read(): Promise<NonNullable<HostReport['disk']>>;
  /** Why no new job should begin, in words; undefined while there is room. */
  full(): Promise<string | undefined>;
}

const LEAST_SHARE = 0.05;
const LEAST_BYTES = 2 * 1024 ** 3;

/** `minFree`, bytes; without it 5 % of a disk, 2 GiB at most. */
export function watchDisks(directories: readonly [string, ...string[]], minFree?: number): DiskWatch {
  async function measure(directory: string) {
    await mkdir(directory, { recursive: true });
    const { blocks, bavail, bsize } = await statfs(directory);
    return { total: blocks * bsize, free: bavail * bsize };
  }
  return {
    read: () => measure(directories[0]),
    async full() {
      for (const directory of directories) {
        const { total, free } = await measure(directory);
        const limit = minFree ?? Math.min(total * LEAST_SHARE, LEAST_BYTES);
        if (free < limit) return `the disk of ${directory} has ${inWords(free)} free, it takes ${inWords(limit)}`;
      }
      return undefined;
    },
  };
}

function inWords(bytes: number): string {
  return bytes < 1024 ** 3 ? `${Math.floor(bytes / 1024 ** 2)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
