import type { AttemptRow, JobRow, Stores } from '@fatbuildr/database';
import { serves, whyPaused } from './availability.ts';
import { type Host, hostsFor, hostsOf } from './capabilities.ts';
import { isOnline } from './timing.ts';

/** A job as far as queueing goes. */
export type QueuedJob = Pick<
  JobRow,
  | 'id'
  | 'task'
  | 'instance'
  | 'name'
  | 'capability'
  | 'state'
  | 'submitter'
  | 'priority'
  | 'created'
  | 'notBefore'
  | 'ticketed'
>;

/** What is queued and running where: what dispatching and explaining look at. */
export interface FarmState {
  now: number;
  /** Queued and running jobs. */
  jobs: QueuedJob[];
  hosts: Host[];
  /** Attempts that a host is busy with. */
  live: AttemptRow[];
}

export async function readFarmState(stores: Stores, now: number): Promise<FarmState> {
  const [jobs, workers, live] = await Promise.all([stores.jobs.queue(), stores.workers.list(), stores.attempts.live()]);
  return { now, jobs, hosts: hostsOf(workers), live };
}

/** As {@link readFarmState}, with so many of the queued jobs only as there may be tickets for, `ahead` beyond the free slots. */
export async function readQueueHeads(stores: Stores, now: number, ahead: number): Promise<FarmState> {
  const [workers, live] = await Promise.all([stores.workers.list(), stores.attempts.live()]);
  const hosts = hostsOf(workers);
  const slots = hosts.reduce((sum, host) => sum + host.report.slots, 0);
  // Those with tickets come first, and there may be as many of them as there may be new ones.
  return { now, jobs: await stores.jobs.heads(2 * (slots + ahead), now), hosts, live };
}

/** Whether a host is given new jobs, as far as it alone is concerned. */
function takesJobs(host: Host, now: number): boolean {
  return isOnline(host.row, now) && whyPaused(host) === undefined;
}

/** The hosts that take a job, now or when they are back: they draw from its queue and serve its instance. */
export function hostsForJob(job: Pick<JobRow, 'capability' | 'instance'>, hosts: readonly Host[]): Host[] {
  return hostsFor(job.capability, hosts).filter((host) => serves(host, job.instance));
}

/** Jobs by who takes them: those of one group wait for the same hosts. */
export function groupsOf(jobs: readonly QueuedJob[], hosts: readonly Host[]): QueuedJob[][] {
  const takers = new Map<string, string>();
  const group = (job: QueuedJob): string => {
    const kind = `${job.capability} ${job.instance}`;
    const known = takers.get(kind);
    if (known !== undefined) return known;
    const found = `${job.capability} ${hostsForJob(job, hosts).map((host) => host.row.id)}`;
    takers.set(kind, found);
    return found;
  };
  return [...Map.groupBy(jobs, group).values()];
}

/** The hosts that would take a job like `job` now, if they have a slot. */
export function hostsThatTake(
  job: Pick<JobRow, 'capability' | 'instance'>,
  { hosts, now }: Pick<FarmState, 'hosts' | 'now'>,
): Host[] {
  return hostsForJob(job, hosts).filter((host) => takesJobs(host, now));
}

/** Slots of a host that no attempt occupies. */
export function freeSlots(host: Host, live: readonly AttemptRow[]): number {
  const busy = live.filter((attempt) => attempt.worker === host.row.id).length;
  return Math.max(0, host.report.slots - busy);
}

/** Free slots of all hosts that take jobs like `job`; one that is away for a moment finds its ticket when it is back. */
export function freeSlotsFor(job: Pick<JobRow, 'capability' | 'instance'>, { hosts, live }: FarmState): number {
  return hostsForJob(job, hosts)
    .filter((host) => whyPaused(host) === undefined)
    .reduce((sum, host) => sum + freeSlots(host, live), 0);
}
