import type { AttemptRow, JobRow } from '@fatbuildr/database';
import type { Cause } from '@fatbuildr/domain';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import { blameHost } from './quarantine.ts';
import { mayHaveShell } from './shells.ts';
import { storedOrder } from './stored.ts';
import { ATTEMPTS_LIMIT, RETRY_DELAY_MS } from './timing.ts';
import { closeAttempt, endAttempt, endJob, requeueJob } from './transitions.ts';

/**
 * The attempt failed through no fault of the package: another follows after `delay` ms, three in all that count. None
 * where people are at its terminal: they were sent away.
 */
export async function failedByHost(
  tx: Change,
  job: JobRow,
  cause: Cause,
  { delay = RETRY_DELAY_MS, counts = true }: { delay?: number; counts?: boolean } = {},
): Promise<void> {
  const tries = job.tries + (counts ? 1 : 0);
  const attended = mayHaveShell(storedOrder(job));
  if (tries < ATTEMPTS_LIMIT && !attended) return requeueJob(tx, job, { tries, notBefore: tx.now + delay });
  await tx.jobs.update(job.id, { tries });
  const outcome = job.capability === PUBLISHER ? 'publish-failure' : 'infrastructure-failure';
  if (attended)
    return endJob(tx, job, outcome, { hint: 'What has a terminal is not tried again by itself.', ...cause });
  return endJob(tx, job, outcome, { ...cause, message: `${cause.message} (attempt ${tries} of ${ATTEMPTS_LIMIT})` });
}

/** The host of a live attempt is gone, or says that it knows nothing of it. With `blame` that counts against the host. */
export async function loseAttempt(
  tx: Change,
  attempt: AttemptRow,
  message: string,
  { blame = false }: { blame?: boolean } = {},
): Promise<void> {
  await closeAttempt(tx, attempt);
  if (attempt.outcome !== null) return;
  const job = await tx.jobs.get(attempt.job);
  if (!job) return;
  const cause = { message };
  await endAttempt(tx, attempt, 'infrastructure-failure', cause);
  tx.facts.push({ fact: 'attempt-lost', host: attempt.host });
  await tx.jobs.raiseFence(job.id, job.fence, {});
  const hostsFault = blame && (await blameHost(tx, attempt.worker, job, message));
  await failedByHost(tx, job, cause, { delay: 0, counts: !hostsFault });
}

/** The host says itself that it failed, or what it says cannot be: another attempt follows, after a while. */
export async function hostFailed(tx: Change, attempt: AttemptRow, job: JobRow, cause: Cause): Promise<void> {
  await endAttempt(tx, attempt, 'infrastructure-failure', cause);
  const hostsFault = await blameHost(tx, attempt.worker, job, cause.message);
  await failedByHost(tx, job, cause, { counts: !hostsFault });
}
