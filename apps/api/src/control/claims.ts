import type { JobRow } from '@fatbuildr/database';
import { type ClaimResponse, ProblemError } from '@fatbuildr/domain';
import { serves, whyPaused } from './availability.ts';
import { capabilitiesOf, type Host, hostsOf } from './capabilities.ts';
import { type Change, type Context, change } from './context.ts';
import { hostsForJob } from './farm-state.ts';
import { refusedByLimits, runningLimits } from './running-limits.ts';
import type { WorkerIdentity } from './services.ts';
import { storedOrder } from './stored.ts';
import { isOnline, LEASE_MS, OTHERS_FIRST_MS, REFUSAL_DELAY_MS } from './timing.ts';
import { beginAttempt } from './transitions.ts';
import { holdsTreesFor } from './trees.ts';

/** A worker drew a ticket and asks for the job. Answers with the whole order, or refuses with `claim-refused`. */
export async function claim(context: Context, worker: WorkerIdentity, jobId: string): Promise<ClaimResponse> {
  const answer = await change(context, async (tx) => {
    const job = await tx.jobs.get(jobId);
    const refused = refuse(job, tx.now);
    if (!job || refused) return refused ?? 'There is no such job.';
    const hosts = hostsOf(await tx.workers.list());
    const host = hosts.find((one) => one.row.id === worker.id);
    if (!host) return 'Register first.';
    if (!capabilitiesOf(host).includes(job.capability)) return `This worker does not serve ${job.capability}.`;
    if (!serves(host, job.instance)) return giveBack(tx, job, `This worker does not serve instance ${job.instance}.`);
    const paused = whyPaused(host);
    if (paused !== undefined) return giveBack(tx, job, `This worker gets no new jobs: ${paused}.`);
    const better = (await leaveToAnother(tx, job, host, hosts)) ?? whyUnequipped(job, host);
    if (better) return giveBack(tx, job, better);
    const full = await refusedByLimits(tx, job, runningLimits(context.config));
    if (full) {
      await tx.jobs.update(job.id, { ticketed: null, notBefore: tx.now + REFUSAL_DELAY_MS });
      return full;
    }
    const attempt = await beginAttempt(tx, job, { id: worker.id, name: worker.name }, tx.now + LEASE_MS);
    if (!attempt) return 'Another worker was faster.';
    const order = storedOrder(job);
    return { attempt: attempt.id, job: job.id, task: job.task, fence: attempt.fence, leaseMs: LEASE_MS, order };
  });
  if (typeof answer === 'string') throw new ProblemError('claim-refused', answer);
  return answer;
}

/** The ticket is used up: another one follows, for somebody else to draw. Returns why. */
async function giveBack(tx: Change, job: JobRow, reason: string): Promise<string> {
  await tx.jobs.update(job.id, { ticketed: null, notBefore: tx.now + REFUSAL_DELAY_MS });
  return reason;
}

function refuse(job: JobRow | undefined, now: number): string | undefined {
  if (!job) return 'There is no such job.';
  if (job.state === 'done') return 'The job is over.';
  if (job.state === 'running') return 'Another worker holds the job.';
  return job.notBefore > now ? 'The job waits a moment before its next attempt.' : undefined;
}

/** Why this host should not have the job while another one that is online can take it. */
async function leaveToAnother(tx: Change, job: JobRow, host: Host, hosts: Host[]): Promise<string | undefined> {
  const others = hostsForJob(job, hosts).filter(
    (one) => one !== host && isOnline(one.row, tx.now) && whyPaused(one) === undefined,
  );
  if (others.length === 0) return undefined;
  const attempts = await tx.attempts.ofJob(job.id);
  const tried = new Set(attempts.filter((one) => !one.handedBack).map((one) => one.worker));
  const fresh = others.filter((one) => !tried.has(one.row.id));
  const lastEnd = Math.max(0, ...attempts.map((one) => one.ended ?? 0));
  if (tried.has(host.row.id) && fresh.length > 0 && tx.now < lastEnd + OTHERS_FIRST_MS) {
    return 'This host tried the job before, and another can take it.';
  }
  return undefined;
}

/** A host that announces an architecture may be about to get what it takes to build for it; others may have it. */
function whyUnequipped(job: JobRow, host: Host): string | undefined {
  return holdsTreesFor(storedOrder(job), host.report) ? undefined : 'This host lacks the image or the environment.';
}
