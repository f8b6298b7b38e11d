import type { AttemptRow, JobRow, Stores } from '@fatbuildr/database';
import { ProblemError } from '@fatbuildr/domain';
import type { Change } from './context.ts';
import type { AttemptCall } from './services.ts';

/** An attempt that the caller still holds, with its job. */
export interface Owned {
  attempt: AttemptRow;
  job: JobRow;
}

/**
 * The attempt of a call, if it is the caller's and its fence counts. Throws `stale-fence` when it was lost,
 * cancelled or closed: the host kills its containers and forgets it.
 */
export async function owned(tx: Pick<Stores, 'attempts' | 'jobs'>, call: AttemptCall): Promise<Owned> {
  const attempt = await tx.attempts.get(call.attempt);
  if (!attempt || attempt.worker !== call.worker.id || attempt.fence !== call.fence || attempt.leaseExpires === null) {
    throw staleFence();
  }
  const job = await tx.jobs.get(attempt.job);
  if (!job || (attempt.outcome === null && job.fence !== attempt.fence)) throw staleFence();
  return { attempt, job };
}

/** As {@link owned}, for what can only be said before the result is in. */
export async function running(tx: Change, call: AttemptCall): Promise<Owned> {
  const found = await owned(tx, call);
  if (found.attempt.outcome !== null) throw staleFence();
  return found;
}

export function staleFence(): ProblemError {
  return new ProblemError('stale-fence', 'This attempt is not yours any more: it was lost, cancelled or closed.');
}
