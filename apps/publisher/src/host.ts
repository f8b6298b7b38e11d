import { statfs } from 'node:fs/promises';
import type { HostReport } from '@fatbuildr/domain';

/** What the publisher tells of itself: it holds no trees, builds nothing, and has the disk of the registry. */
export async function describeHost(tree: string, version: string): Promise<HostReport> {
  const { bsize, blocks, bavail } = await statfs(tree);
  return {
    name: 'publisher',
    version,
    driver: 'publisher',
    architectures: ['all'],
    slots: 1,
    trees: [],
    disk: { total: bsize * blocks, free: bsize * bavail },
    warnings: [],
  };
}
