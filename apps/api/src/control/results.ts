import type { Config } from '@fatbuildr/config';
import type { AttemptRow, JobRow, TaskRow } from '@fatbuildr/database';
import {
  type BuildOrder,
  type BuildResult,
  buildFormat,
  type Cause,
  isBuildOrder,
  type Outcome,
  ProblemError,
  type PublishOrder,
  type ResultRequest,
  repositoryTarget,
} from '@fatbuildr/domain';
import { PUBLISHER } from './capabilities.ts';
import { buildResultFaults } from './check-result/check-result.ts';
import type { Change } from './context.ts';
import { failedByHost } from './lost-attempts.ts';
import { owned } from './owned.ts';
import { applyResult, recordPublished } from './publications.ts';
import { blameHost, clearHost } from './quarantine.ts';
import type { AttemptCall } from './services.ts';
import { storedOrder } from './stored.ts';
import { beginPublishing, endAttempt, endJob } from './transitions.ts';

/** Ends that a build host may report of a package; anything else it says is its own failure. */
const PACKAGE_OUTCOMES: readonly Outcome[] = ['build-failure', 'dependency-failure', 'timeout', 'rejected'];
const PUBLISHER_OUTCOMES: readonly Outcome[] = ['publish-failure', 'rejected'];

interface Concerned {
  attempt: AttemptRow;
  job: JobRow;
  task: TaskRow;
}

/** The result of an attempt: a claim, checked before anything follows from it. A repeat changes nothing. */
export async function takeResult(tx: Change, config: Config, call: AttemptCall, result: ResultRequest): Promise<void> {
  const { attempt, job } = await owned(tx, call);
  if (attempt.outcome !== null) return;
  await tx.attempts.update(attempt.id, { heard: tx.now });
  tx.changedTasks.add(job.task);
  const task = await tx.tasks.get(job.task);
  if (!task) throw new Error(`task ${job.task} has gone from the database`);

  if (result.outcome !== 'success') return takeFailure(tx, attempt, job, result);
  if (job.capability === PUBLISHER) return takePublication(tx, { attempt, job, task }, result);
  if (task.kind === 'build') return takeBuild(tx, config, { attempt, job, task }, result.build);
  await clearHost(tx, attempt.worker);
  await endAttempt(tx, attempt, 'success', null);
  await endJob(tx, job, 'success', null);
}

/** The order of a build job. Throws `conflict` for any other. */
export function buildOrderOf(job: JobRow): BuildOrder {
  const order = storedOrder(job);
  if (isBuildOrder(order)) return order;
  throw new ProblemError('conflict', 'This job builds nothing.');
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

async function takeBuild(
  tx: Change,
  config: Config,
  { attempt, job, task }: Concerned,
  result: BuildResult | null,
): Promise<void> {
  const order = buildOrderOf(job);
  const uploaded = await tx.results.attemptFiles(attempt.id);
  const reserved = (await tx.versions.reservation(task.id))?.version;
  const faults = result ? buildResultFaults({ order, reserved, result, uploaded }) : ['it names no files'];
  if (!result || faults.length > 0) {
    return hostFailed(tx, attempt, job, { message: `The result is not what was ordered: ${faults.join('; ')}.` });
  }
  await clearHost(tx, attempt.worker);
  await endAttempt(tx, attempt, 'success', null);
  await tx.results.addArtifacts(task.id, result.files);
  await tx.blobs.refer(
    task.id,
    result.files.map((file) => file.sha256),
  );
  await tx.tasks.update(task.id, { artifact: result.source.name, version: result.source.version });
  await beginPublishing(tx, task, job, publishOrder(config, order, result));
}

/** The configuration may have lost the distribution meanwhile: then the order's own words must do. */
function publishOrder(config: Config, order: BuildOrder, { files }: BuildResult): PublishOrder {
  const { instance: id, target, derivative, architecture } = order;
  const format = buildFormat(order);
  const instance = config.instances.find((one) => one.id === id);
  const repository = instance
    ? repositoryTarget(instance, { format, name: target.distribution })
    : {
        format,
        distribution: target.distribution,
        derivatives: [derivative],
        architectures: [architecture],
      };
  return { kind: 'publish', instance: id, repository, derivative, files };
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

async function hostFailed(tx: Change, attempt: AttemptRow, job: JobRow, cause: Cause): Promise<void> {
  await endAttempt(tx, attempt, 'infrastructure-failure', cause);
  const hostsFault = await blameHost(tx, attempt.worker, job, cause.message);
  await failedByHost(tx, job, cause, { counts: !hostsFault });
}
