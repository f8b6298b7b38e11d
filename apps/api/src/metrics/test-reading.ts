import type { FarmReading } from './read-farm.ts';

/** A farm in which everything is well, for tests. */
export function quietFarm(changes: Partial<FarmReading> = {}): FarmReading {
  return {
    queues: [{ capability: 'default.deb.amd64', queued: 0, oldestWait: 0, running: 0 }],
    workers: [{ name: 'one', state: 'online', slots: 2, busy: 1 }],
    disks: [{ where: 'state', free: 60, total: 100 }],
    publisherOnline: true,
    redis: true,
    keyrings: [{ instance: 'default', expires: 1_750_000_000_000 }],
    ...changes,
  };
}
