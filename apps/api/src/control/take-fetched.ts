import type { Config } from '@fatbuildr/config';
import { BuildRequest, type Cause, type FetchedDefinition, ProblemError } from '@fatbuildr/domain';
import { type Asked, storedAsked } from './asked.ts';
import type { Change } from './context.ts';
import { hostFailed } from './lost-attempts.ts';
import type { Plan } from './new-task.ts';
import { planRequested } from './plan-build/plan-requested.ts';
import { clearHost } from './quarantine.ts';
import type { Concerned } from './take-build.ts';
import { continueTask, endAttempt, endJob } from './transitions.ts';

/**
 * A host fetched the definition of a build: from here on it is as if it had been uploaded. What would then be refused
 * ends the task as `rejected`.
 */
export async function takeFetched(
  tx: Change,
  config: Config,
  { attempt, job, task }: Concerned,
  fetched: FetchedDefinition | undefined,
): Promise<void> {
  const uploaded = await tx.results.attemptFiles(attempt.id);
  const isUploaded = ({ archive }: FetchedDefinition) =>
    uploaded.some(({ sha256, size }) => sha256 === archive.sha256 && size === archive.size);
  if (!fetched || !isUploaded(fetched)) {
    return hostFailed(tx, attempt, job, { message: 'The definition that was fetched was not handed in.' });
  }
  await clearHost(tx, attempt.worker);
  const asked: Asked = { ...storedAsked(task), fetched };
  await tx.tasks.update(task.id, { requestJson: JSON.stringify(asked) });
  await tx.blobs.refer(task.id, [fetched.archive.sha256]);
  const planned = await planOf(() => {
    const { id, instance, created: submitted } = task;
    return planRequested(tx, config, { id, instance, submitted }, BuildRequest.parse(asked.request), fetched);
  });
  if ('jobs' in planned) {
    await endAttempt(tx, attempt, 'success', null);
    return continueTask(tx, task, job, planned.jobs);
  }
  await endAttempt(tx, attempt, 'rejected', planned);
  await endJob(tx, job, 'rejected', planned);
}

/** The plan, or why there is none. */
async function planOf(plan: () => Promise<Plan>): Promise<Plan | Cause> {
  try {
    return await plan();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}
