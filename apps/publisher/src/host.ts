import { statfs } from 'node:fs/promises';
import type { HostReport } from '@fatbuildr/domain';
import type { Registry } from '@fatbuildr/registry';
import { nameOf } from './repositories.ts';
import type { Telling } from './telling.ts';

/** How many orders are worked on at once: builds that wait for one repository become one publication. */
export const SLOTS = 16;

/** As many warnings as a report may have. */
const MOST_WARNINGS = 32;

export interface HostOptions {
  tree: string;
  version: string;
  registry: Pick<Registry, 'troubles'>;
  telling: Pick<Telling, 'troubles'>;
}

/**
 * What the publisher tells of itself: it holds no trees, builds nothing, has the disk of the registry, and warns of
 * repositories that are in trouble. Everybody may read that, so it is the log that tells more.
 */
export async function describeHost({ tree, version, registry, telling }: HostOptions): Promise<HostReport> {
  const warnings = [
    ...registry.troubles().map((one) => `${nameOf(one)} is not published as it should be.`),
    ...telling.troubles().map((name) => `What is published of ${name} cannot be listed.`),
  ];
  const { bsize, blocks, bavail } = await statfs(tree);
  return {
    name: 'publisher',
    version,
    driver: 'publisher',
    architectures: ['all'],
    slots: SLOTS,
    trees: [],
    disk: { total: bsize * blocks, free: bsize * bavail },
    warnings: warnings.slice(0, MOST_WARNINGS),
  };
}
