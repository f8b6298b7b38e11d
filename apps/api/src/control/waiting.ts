import type { JobRow } from '@fatbuildr/database';
import { hostsFor } from './capabilities.ts';
import { fairOrder } from './fair-order.ts';
import { type FarmState, freeSlotsFor } from './farm-state.ts';
import { isOnline } from './timing.ts';

/** Why a task waits, in words for people; null when none of its jobs is queued. */
export function whyWaiting(task: string, state: FarmState): string | null {
  const job = state.jobs.find((one) => one.task === task && one.state === 'queued');
  return job ? whyJobWaits(job, state) : null;
}

function whyJobWaits(job: JobRow, state: FarmState): string {
  const hosts = hostsFor(job.capability, state.hosts);
  if (hosts.length === 0) return `No worker serves ${job.capability}.`;
  const online = hosts.filter((host) => isOnline(host.row, state.now));
  if (online.length === 0) {
    const names = hosts.map((host) => host.row.name).join(', ');
    return hosts.length === 1
      ? `The worker it needs is offline: ${names}.`
      : `All workers for it are offline: ${names}.`;
  }
  if (job.notBefore > state.now) return 'Another attempt follows in a moment.';
  const queue = fairOrder(state.jobs.filter((one) => one.capability === job.capability));
  const ahead = queue.findIndex((one) => one.id === job.id);
  if (freeSlotsFor(job.capability, state) > ahead) return 'A worker is being asked to take it.';
  const slots = online.reduce((sum, host) => sum + host.report.slots, 0);
  return `All slots (${slots}) of its workers are taken; ${ahead} ${ahead === 1 ? 'job is' : 'jobs are'} before it.`;
}
