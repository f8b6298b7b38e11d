import { hostname } from 'node:os';
import type { Config } from '@fatbuildr/config';
import type { HostReport } from '@fatbuildr/domain';
import type { TreeStore } from '../trees/tree-store.ts';
import type { DiskWatch } from './disk.ts';

/** What this host tells of itself. */
export interface HostReporter {
  read(): Promise<HostReport>;
  /** Adds something that this host can not do, for people; each is told once. */
  warn(message: string): void;
}

/** What a report is made of beside the configuration. */
interface Told {
  trees: TreeStore;
  disk: DiskWatch;
  /** Those that it builds for, its own first. */
  architectures: string[];
  version: string;
}

const MOST_WARNINGS = 32;

export function createHostReporter(config: Config, { trees, disk, architectures, version }: Told): HostReporter {
  const warnings = new Set<string>();
  return {
    warn: (message) => void (warnings.size < MOST_WARNINGS && warnings.add(message.slice(0, 1024))),
    async read() {
      const full = await disk.full();
      return {
        name: config.worker.name || hostname(),
        version,
        driver: config.containers.driver,
        architectures,
        slots: config.worker.slots,
        trees: await trees.list(),
        disk: await disk.read(),
        warnings: [...warnings],
        ...(config.worker.instances ? { instances: config.worker.instances } : {}),
        ...(full === undefined ? {} : { full }),
      };
    },
  };
}
