import type { Config } from '@fatbuildr/config';
import type { AttemptRow, JobRow, TaskRow } from '@fatbuildr/database';
import {
  type BuildOrder,
  type BuildResult,
  buildFormat,
  type FileRef,
  isBuildOrder,
  isOneOfSeveral,
  ProblemError,
  type PublishOrder,
  repositoryTarget,
} from '@fatbuildr/domain';
import { PUBLISHER } from './capabilities.ts';
import { buildResultFaults, hasPackages } from './check-result/check-result.ts';
import type { Change } from './context.ts';
import { hostFailed } from './lost-attempts.ts';
import { binaryJobs } from './plan-build/further-jobs.ts';
import { clearHost } from './quarantine.ts';
import { storedOrder } from './stored.ts';
import { continueTask, endAttempt, endJob, type NewJob } from './transitions.ts';

/** An attempt with what it belongs to. */
export interface Concerned {
  attempt: AttemptRow;
  job: JobRow;
  task: TaskRow;
}

/** The order of a build job. Throws `conflict` for any other. */
export function buildOrderOf(job: JobRow): BuildOrder {
  const order = storedOrder(job);
  if (isBuildOrder(order)) return order;
  throw new ProblemError('conflict', 'This job builds nothing.');
}

/** What a job of a build hands in is checked against its order and the jobs before it; then the task goes on. */
export async function takeBuild(
  tx: Change,
  config: Config,
  { attempt, job, task }: Concerned,
  result: BuildResult | null,
): Promise<void> {
  const order = buildOrderOf(job);
  const uploaded = await tx.results.attemptFiles(attempt.id);
  const faults = result ? buildResultFaults({ order, known: task.version, result, uploaded }) : ['it names no files'];
  if (!result || faults.length > 0) {
    return hostFailed(tx, attempt, job, { message: `The result is not what was ordered: ${faults.join('; ')}.` });
  }
  await clearHost(tx, attempt.worker);
  const fault = (await clashOf(tx, job, result.files)) ?? (await nothingAtAll(tx, job, order, result.files));
  if (fault !== undefined) {
    await endAttempt(tx, attempt, 'build-failure', fault);
    return endJob(tx, job, 'build-failure', fault);
  }
  await endAttempt(tx, attempt, 'success', null);
  await tx.results.addArtifacts(task.id, result.files);
  await tx.blobs.refer(
    task.id,
    result.files.map((file) => file.sha256),
  );
  await tx.tasks.update(task.id, { artifact: result.source.name, version: result.source.version });
  await continueTask(tx, task, job, await nextJobs(tx, config, { job, order, result }));
}

/** The binary packages after their source package, and the publication after the last of a build's jobs. */
async function nextJobs(
  tx: Change,
  config: Config,
  { job, order, result }: { job: JobRow; order: BuildOrder; result: BuildResult },
): Promise<NewJob[]> {
  if (order.part === 'source') return binaryJobs(config, job, order, result);
  if (!(await isLast(tx, job))) return [];
  const files = await tx.results.artifacts(job.task);
  return [{ name: 'publish', capability: PUBLISHER, order: publishOrder(config, order, files) }];
}

/** The configuration may have lost the distribution meanwhile: then the order's own words must do. */
function publishOrder(config: Config, order: BuildOrder, files: FileRef[]): PublishOrder {
  const { instance: id, target, derivative, architecture, architectures = [architecture] } = order;
  const format = buildFormat(order);
  const instance = config.instances.find((one) => one.id === id);
  const repository = instance
    ? repositoryTarget(instance, { format, name: target.distribution })
    : { format, distribution: target.distribution, derivatives: [derivative], architectures };
  return { kind: 'publish', instance: id, repository, derivative, files };
}

/** That all jobs of a build came to nothing; in words. */
async function nothingAtAll(tx: Change, job: JobRow, order: BuildOrder, files: readonly FileRef[]) {
  const { architectures = [] } = order;
  if (!isOneOfSeveral(order) || order.part === 'source' || order.kind === 'build-osi') return undefined;
  if (!(await isLast(tx, job)) || hasPackages([...files, ...(await tx.results.artifacts(job.task))])) return undefined;
  return {
    message: `The source package makes packages for none of ${architectures.join(', ')}.`,
    hint: 'Its field Architecture (deb), or its tags ExclusiveArch and ExcludeArch (rpm), say what it is for: name that with --architecture.',
  };
}

async function isLast(tx: Change, job: JobRow): Promise<boolean> {
  const jobs = await tx.jobs.ofTask(job.task);
  return jobs.every((other) => other.id === job.id || other.state === 'done');
}

/** A file that another job of the task handed in under the same name, with other bytes; in words. */
async function clashOf(tx: Change, job: JobRow, files: readonly FileRef[]) {
  const artifacts = await tx.results.artifacts(job.task);
  const clash = files.find(({ name, sha256 }) => artifacts.some((one) => one.name === name && one.sha256 !== sha256));
  if (!clash) return undefined;
  const other = await whoMade(tx, job, clash.name);
  return {
    message: `${job.name} and ${other} made ${clash.name} with different content, and it can be published only once.`,
    hint: 'What is the same for all architectures is to be in a package for all, which the first one builds.',
  };
}

async function whoMade(tx: Change, job: JobRow, name: string): Promise<string> {
  const others = (await tx.jobs.ofTask(job.task)).filter(({ id }) => id !== job.id);
  const attempts = await tx.attempts.ofJobs(others.map(({ id }) => id));
  for (const attempt of attempts.filter(({ outcome }) => outcome === 'success')) {
    const files = await tx.results.attemptFiles(attempt.id);
    if (files.some((file) => file.name === name)) return others.find(({ id }) => id === attempt.job)?.name ?? '';
  }
  return 'another job';
}
