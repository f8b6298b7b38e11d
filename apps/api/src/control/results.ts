import type { Config } from '@fatbuildr/config';
import type { AttemptRow, JobRow } from '@fatbuildr/database';
import type { Outcome, ResultRequest } from '@fatbuildr/domain';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import { hostFailed } from './lost-attempts.ts';
import { owned } from './owned.ts';
import { applyResult, recordPublished } from './publications.ts';
import { clearHost } from './quarantine.ts';
import type { AttemptCall } from './services.ts';
import { storedOrder } from './stored.ts';
import { type Concerned, takeBuild } from './take-build.ts';
import { takeFetched } from './take-fetched.ts';
import { endAttempt, endJob } from './transitions.ts';

/** Ends that a build host may report of a package; anything else it says is its own failure. */
const PACKAGE_OUTCOMES: readonly Outcome[] = ['build-failure', 'dependency-failure', 'timeout', 'rejected'];
const PUBLISHER_OUTCOMES: readonly Outcome[] = ['publish-failure', 'rejected'];

/** The result of an attempt: a claim, checked before anything follows from it. A repeat changes nothing. */
export async function takeResult(tx: Change, config: Config, call: AttemptCall, result: ResultRequest): Promise<void> {
  const { attempt: found, job } = await owned(tx, call);
  if (found.outcome !== null) return;
  const shellJson = result.shell ? JSON.stringify(result.shell) : null;
  const attempt = { ...found, shellJson };
  await tx.attempts.update(attempt.id, { heard: tx.now, shellJson });
  tx.changedTasks.add(job.task);
  const task = await tx.tasks.get(job.task);
  if (!task) throw new Error(`task ${job.task} has gone from the database`);

  if (result.outcome !== 'success') return takeFailure(tx, attempt, job, result);
  if (job.capability === PUBLISHER) return takePublication(tx, { attempt, job, task }, result);
  if (storedOrder(job).kind === 'fetch') return takeFetched(tx, config, { attempt, job, task }, result.fetched);
  if (task.kind === 'build') return takeBuild(tx, config, { attempt, job, task }, result.build);
  await clearHost(tx, attempt.worker);
  await endAttempt(tx, attempt, 'success', null);
  await endJob(tx, job, 'success', null);
}

async function takeFailure(tx: Change, attempt: AttemptRow, job: JobRow, result: ResultRequest): Promise<void> {
  const final = job.capability === PUBLISHER ? PUBLISHER_OUTCOMES : PACKAGE_OUTCOMES;
  const cause = result.cause ?? { message: 'The worker gave no reason.' };
  if (!final.includes(result.outcome)) return hostFailed(tx, attempt, job, cause);
  // Who hangs, host or package, nobody knows.
  if (result.outcome !== 'timeout') await clearHost(tx, attempt.worker);
  await endAttempt(tx, attempt, result.outcome, cause);
  await endJob(tx, job, result.outcome, cause);
}

async function takePublication(
  tx: Change,
  { attempt, job, task }: Concerned,
  { publication }: ResultRequest,
): Promise<void> {
  if (!publication) {
    return hostFailed(tx, attempt, job, { message: 'The publisher did not say what it published.' });
  }
  await applyResult(tx, task, publication);
  await recordPublished(tx, task);
  for (const { format, distribution } of publication.publications) {
    const took = tx.now - attempt.began;
    tx.facts.push({ fact: 'published', instance: task.instance, format, distribution, took });
  }
  await endAttempt(tx, attempt, 'success', null);
  await endJob(tx, job, 'success', null);
}
