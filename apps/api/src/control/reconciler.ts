import type { Context } from './context.ts';

/** How long a ticket may be on its way between Redis and a claim before it counts as lost, ms. */
const GRACE_MS = 2_000;

/**
 * Issues tickets again that Redis does not hold any more: it was flushed or lost its last second, or who drew the
 * ticket died before the claim. A job claimed meanwhile refuses the second ticket.
 */
export async function reconcile(context: Context): Promise<void> {
  const { database, tickets, clock, log } = context;
  const before = clock() - GRACE_MS;
  const issued = await database.stores.jobs.ticketedBy(before);
  for (const [capability, jobs] of Map.groupBy(issued, (job) => job.capability)) {
    const waiting = new Set(await tickets.waiting(capability));
    for (const job of jobs.filter((one) => !waiting.has(one.id))) {
      await tickets.reissue(capability, job.id);
      await database.stores.jobs.markTicketed(job.id, clock());
      log.info({ job: job.id, capability }, 'ticket issued again');
    }
  }
}
