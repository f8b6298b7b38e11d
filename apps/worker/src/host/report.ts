import { hostname } from 'node:os';
import type { Config } from '@fatbuildr/config';
import { Failure, type HostReport, parseArchitecture } from '@fatbuildr/domain';
import type { TreeStore } from '../trees/tree-store.ts';
import type { DiskWatch } from './disk.ts';

/** What this host tells of itself. */
export interface HostReporter {
  read(): Promise<HostReport>;
  /** Adds something that this host can not do, for people; each is told once. */
  warn(message: string): void;
}

const MOST_WARNINGS = 32;

export function createHostReporter(
  config: Config,
  { trees, disk, version }: { trees: TreeStore; disk: DiskWatch; version: string },
): HostReporter {
  const warnings = new Set<string>();
  return {
    warn: (message) => void (warnings.size < MOST_WARNINGS && warnings.add(message.slice(0, 1024))),
    async read() {
      const full = await disk.full();
      return {
        name: config.worker.name || hostname(),
        version,
        driver: config.containers.driver,
        architectures: [hostArchitecture()],
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

/** This machine's architecture in Debian's spelling. */
export function hostArchitecture(): string {
  const uname = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686', arm: 'armv7l', ppc64: 'ppc64le' }[
    process.arch as string
  ];
  const found = parseArchitecture(uname ?? process.arch);
  if (found) return found;
  throw new Failure('infrastructure-failure', `Nothing can be built on a machine of the architecture ${process.arch}.`);
}
