import type { JobRow } from '@fatbuildr/database';
import type { Context } from './context.ts';
import { fairOrder } from './fair-order.ts';
import { type FarmState, freeSlotsFor, readFarmState } from './farm-state.ts';

/** Tickets beyond the free slots, so that a slot that comes free finds one waiting. */
const AHEAD = 1;
/** Below this share of free disk nothing new is begun. */
const DISPATCH_FLOOR = 0.02;

/** The queued jobs that should get a ticket now, in the order to issue them. */
function chooseTickets(state: FarmState): JobRow[] {
  const byCapability = Map.groupBy(state.jobs, (job) => job.capability);
  return [...byCapability].flatMap(([capability, jobs]) => {
    const slots = freeSlotsFor(capability, state);
    const issued = jobs.filter((job) => job.state === 'queued' && job.ticketed !== null).length;
    const room = Math.max(0, slots + AHEAD - issued);
    return fairOrder(jobs)
      .filter((job) => job.ticketed === null && job.notBefore <= state.now)
      .slice(0, room);
  });
}

/** Issues tickets for the queued jobs whose turn it is. May be run at any time, one run at a time. */
export async function dispatch(context: Context): Promise<void> {
  const { database, tickets, clock, log } = context;
  const chosen = chooseTickets(await readFarmState(database.stores, clock()));
  if (chosen.length === 0) return;
  if ((await context.freeSpace()) < DISPATCH_FLOOR) {
    log.error({ waiting: chosen.length }, 'the disk is nearly full, nothing is dispatched');
    return;
  }
  for (const job of chosen) {
    // Marked first: a job that is claimed at once must not look as if its ticket were still out.
    await database.stores.jobs.markTicketed(job.id, clock());
    await tickets.issue(job.capability, job.id);
    log.debug({ job: job.id, capability: job.capability }, 'ticket issued');
  }
}
