import type { AttemptRow, JobRow, Stores } from '@fatbuildr/database';
import { type Host, hostsFor, hostsOf } from './capabilities.ts';

/** What is queued and running where: what dispatching and explaining look at. */
export interface FarmState {
  now: number;
  /** Queued and running jobs, oldest first. */
  jobs: JobRow[];
  hosts: Host[];
  /** Attempts that a host is busy with. */
  live: AttemptRow[];
}

export async function readFarmState(stores: Stores, now: number): Promise<FarmState> {
  const [jobs, workers, live] = await Promise.all([
    stores.jobs.active(),
    stores.workers.list(),
    stores.attempts.live(),
  ]);
  return { now, jobs, hosts: hostsOf(workers), live };
}

/** Slots of a host that no attempt occupies. */
function freeSlots(host: Host, live: readonly AttemptRow[]): number {
  const busy = live.filter((attempt) => attempt.worker === host.row.id).length;
  return Math.max(0, host.report.slots - busy);
}

/** Free slots of all hosts that draw from `capability`. */
export function freeSlotsFor(capability: string, { hosts, live }: FarmState): number {
  return hostsFor(capability, hosts).reduce((sum, host) => sum + freeSlots(host, live), 0);
}
