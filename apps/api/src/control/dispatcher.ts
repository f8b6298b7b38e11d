import { type Context, change } from './context.ts';
import { fairOrder } from './fair-order.ts';
import { type FarmState, freeSlotsFor, groupsOf, type QueuedJob, readQueueHeads } from './farm-state.ts';
import { type RunningLimits, runningLimits, usageOf } from './running-limits.ts';

/** Tickets beyond the free slots, so that a slot that comes free finds one waiting. */
const AHEAD = 1;
/** Below this share of free disk nothing new is begun. */
export const DISPATCH_FLOOR = 0.02;

/** The queued jobs that should get a ticket now, in the order to issue them. */
function chooseTickets(state: FarmState, limits: RunningLimits): QueuedJob[] {
  const usage = usageOf(
    state.jobs.filter((job) => job.state === 'running' || job.ticketed !== null),
    limits,
  );
  return groupsOf(state.jobs, state.hosts).flatMap((jobs) => {
    const slots = jobs[0] ? freeSlotsFor(jobs[0], state) : 0;
    const issued = jobs.filter((job) => job.state === 'queued' && job.ticketed !== null).length;
    const room = Math.max(0, slots + AHEAD - issued);
    const chosen: QueuedJob[] = [];
    if (room === 0) return chosen;
    for (const job of fairOrder(jobs)) {
      if (chosen.length === room) break;
      // one that may not run yet holds up nobody behind it
      if (job.ticketed !== null || job.notBefore > state.now || usage.refuses(job)) continue;
      usage.count(job);
      chosen.push(job);
    }
    return chosen;
  });
}

/**
 * Issues tickets for the queued jobs whose turn it is. May be run at any time, one run at a time. Returns how long (ms)
 * the look at the queues took, for which everybody else waits.
 */
export async function dispatch(context: Context): Promise<number> {
  const { database, clock } = context;
  const began = performance.now();
  const state = await readQueueHeads(database.stores, clock(), AHEAD);
  const chosen = chooseTickets(state, runningLimits(context.config));
  const looked = performance.now() - began;
  if (chosen.length > 0) await issue(context, chosen);
  return looked;
}

async function issue(context: Context, chosen: readonly QueuedJob[]): Promise<void> {
  const { tickets, log } = context;
  if ((await context.freeSpace()) < DISPATCH_FLOOR) {
    log.error({ waiting: chosen.length }, 'the disk is nearly full, nothing is dispatched');
    return;
  }
  // Marked first: a job that is claimed at once must not look as if its ticket were still out.
  await change(context, async (tx) => {
    for (const job of chosen) await tx.jobs.markTicketed(job.id, tx.now);
  });
  for (const [capability, jobs] of Map.groupBy(chosen, (job) => job.capability)) {
    const ids = jobs.map((job) => job.id);
    await tickets.issue(capability, ...ids);
    log.debug({ jobs: ids, capability }, 'tickets issued');
  }
}
