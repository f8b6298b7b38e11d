import type { AttemptRow, JobRow } from '@fatbuildr/database';
import { type Cause, isBuildOrder, type JobLimits } from '@fatbuildr/domain';
import { type Change, type Context, change } from './context.ts';
import { loseAttempt } from './lost-attempts.ts';
import { mayHaveShell } from './shells.ts';
import { storedOrder } from './stored.ts';
import { LEASE_MS } from './timing.ts';
import { closeAttempt, endTask } from './transitions.ts';

/** The worker enforces the deadlines too, and knows more to say: it goes first. */
const WORKER_FIRST_MS = 60_000;

/**
 * Judges attempts by the server's clock: a lease that ran out loses the attempt, a deadline that passed ends the task.
 * `since` is when this process began to listen; before one lease has passed no lease is judged, since nobody could
 * prolong it while the api was away.
 */
export async function judge(context: Context, since: number): Promise<void> {
  await change(context, async (tx) => {
    for (const attempt of await tx.attempts.live()) {
      const lapsed = attempt.leaseExpires !== null && attempt.leaseExpires <= tx.now;
      if (lapsed && tx.now >= since + LEASE_MS) {
        await loseAttempt(tx, attempt, `The worker ${attempt.host} was not heard of for ${LEASE_MS / 1000} s.`, {
          blame: true,
        });
        context.log.warn({ attempt: attempt.id, host: attempt.host }, 'attempt lost');
      } else {
        await judgeDeadlines(tx, attempt);
      }
    }
    const { total } = context.config.limits;
    for (const job of await tx.jobs.activeBefore(tx.now - total)) await judgeTotal(tx, job, total);
  });
}

async function judgeDeadlines(tx: Change, attempt: AttemptRow): Promise<void> {
  const job = await tx.jobs.get(attempt.job);
  if (!job) return;
  const limits = limitsOf(job);
  const passed = limits && (ranTooLong(attempt, limits, tx.now) ?? (await saidNothing(tx, attempt, job, limits)));
  if (!passed) return;
  await closeAttempt(tx, attempt);
  if (attempt.outcome !== null) return;
  await endByDeadline(tx, job, { message: passed });
}

function ranTooLong({ began }: AttemptRow, { wallMs }: JobLimits, now: number): string | undefined {
  return now - began > wallMs + WORKER_FIRST_MS ? `It ran for more than ${minutes(wallMs)}.` : undefined;
}

/** Of what is typed in a shell only its host knows: that alone judges the silence there. */
async function saidNothing(
  tx: Change,
  attempt: AttemptRow,
  job: JobRow,
  { silenceMs }: JobLimits,
): Promise<string | undefined> {
  if (tx.now - attempt.heard <= silenceMs + WORKER_FIRST_MS) return undefined;
  const isInShell =
    mayHaveShell(storedOrder(job)) &&
    (await tx.attempts.phases([attempt.id])).some(({ name, ended }) => name === 'shell' && ended === null);
  return isInShell ? undefined : `It said nothing for more than ${minutes(silenceMs)}.`;
}

async function judgeTotal(tx: Change, job: string, total: number): Promise<void> {
  // Read anew: one judged before may have ended it.
  const current = await tx.jobs.get(job);
  if (!current || current.state === 'done') return;
  await endByDeadline(tx, current, { message: `It was not done within ${minutes(total)} of being queued.` });
}

async function endByDeadline(tx: Change, job: JobRow, cause: Cause): Promise<void> {
  const task = await tx.tasks.get(job.task);
  if (task) await endTask(tx, task, 'timeout', cause);
}

/** The publisher's orders have no limits of their own: its lease and the total deadline see to it. */
function limitsOf(job: JobRow): JobLimits | undefined {
  const order = storedOrder(job);
  if (!('limits' in order)) return undefined;
  // a build that failed goes on as a shell, with the time of one
  const shell = isBuildOrder(order) ? (order.interactive?.wallMs ?? 0) : 0;
  return { ...order.limits, wallMs: order.limits.wallMs + shell };
}

function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} min`;
}
