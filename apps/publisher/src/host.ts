import { statfs } from 'node:fs/promises';
import type { HostReport } from '@fatbuildr/domain';

/** How many orders are worked on at once: builds that wait for one repository become one publication. */
export const SLOTS = 16;

/** What the publisher tells of itself: it holds no trees, builds nothing, and has the disk of the registry. */
export async function describeHost(tree: string, version: string): Promise<HostReport> {
  const { bsize, blocks, bavail } = await statfs(tree);
  return {
    name: 'publisher',
    version,
    driver: 'publisher',
    architectures: ['all'],
    slots: SLOTS,
    trees: [],
    disk: { total: bsize * blocks, free: bsize * bavail },
    warnings: [],
  };
}
