import type { WorkerRow } from '@fatbuildr/database';
import { audit } from './audit.ts';
import { hostCapability, PUBLISHER } from './capabilities.ts';
import { type Change, type Context, change } from './context.ts';
import { loseAttempt } from './lost-attempts.ts';
import { revokeRedis } from './redis-users.ts';
import { notFound } from './refusal.ts';
import type { Requester } from './services.ts';
import { endJob } from './transitions.ts';

/** What administrators do with a build host that is known. All but `remove` may be repeated. */

export async function drain(context: Context, name: string, by: Requester): Promise<void> {
  await change(context, async (tx) => {
    const row = await mustHaveHost(tx, name);
    if (row.draining) return;
    await tx.workers.update(row.id, { draining: 1 });
    await audit(tx, by, 'worker-drain', name);
  });
}

/** Ends a quarantine too; the count of failures begins anew. */
export async function resume(context: Context, name: string, by: Requester): Promise<void> {
  await change(context, async (tx) => {
    const row = await mustHaveHost(tx, name);
    if (!row.draining && row.quarantine === null) return;
    await tx.workers.update(row.id, { draining: 0, quarantine: null, failures: 0 });
    await audit(tx, by, 'worker-resume', name);
  });
  context.events.dispatch();
}

/** The host is not known any more from now on: its attempts are lost, and what only it could do has failed. */
export async function remove(context: Context, name: string, by: Requester): Promise<void> {
  await change(context, async (tx) => {
    const row = await mustHaveHost(tx, name);
    const message = `The worker ${name} was removed.`;
    const live = await tx.attempts.live();
    for (const attempt of live.filter((one) => one.worker === row.id)) await loseAttempt(tx, attempt, message);
    for (const id of await tx.jobs.activeIn(hostCapability(row.id))) {
      // Read again: the end of one may have ended others of its task.
      const job = await tx.jobs.get(id);
      if (job && job.state !== 'done') await endJob(tx, job, 'infrastructure-failure', { message });
    }
    await tx.workers.remove(row.id);
    await audit(tx, by, 'worker-remove', name);
  });
  await revokeRedis(context, name);
}

async function mustHaveHost(tx: Change, name: string): Promise<WorkerRow> {
  const row = await tx.workers.named(name);
  if (row && row.pool !== PUBLISHER) return row;
  throw notFound(`There is no worker called ${name}.`);
}
