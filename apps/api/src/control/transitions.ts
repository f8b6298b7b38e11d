import type { AttemptRow, JobRow, TaskRow } from '@fatbuildr/database';
import {
  type Cause,
  mayBecome,
  newId,
  type Order,
  type Outcome,
  type ShellResult,
  type TaskState,
} from '@fatbuildr/domain';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';

/*
 * The states of tasks, jobs and attempts are written here and nowhere else. Each function is one step, called
 * within a transaction with rows that were read in it.
 */

export interface NewJob {
  name: string;
  capability: string;
  order: Order;
}

/** A new task with its jobs, queued. */
export async function createTask(tx: Change, task: TaskRow, jobs: readonly NewJob[]): Promise<void> {
  await tx.tasks.insert(task);
  for (const job of jobs) await addJob(tx, task, job);
  tx.changedTasks.add(task.id);
}

async function addJob(tx: Change, task: TaskRow, { name, capability, order }: NewJob): Promise<void> {
  await tx.jobs.insert({
    id: newId(),
    task: task.id,
    instance: task.instance,
    name,
    capability,
    state: 'queued',
    outcome: null,
    causeJson: null,
    orderJson: JSON.stringify(order),
    submitter: submitterOf(task),
    priority: task.priority,
    fence: 0,
    tries: 0,
    created: tx.now,
    notBefore: tx.now,
    ticketed: null,
    ended: null,
  });
}

/**
 * Whose turn a task uses up: the token's, whatever name it gives for the changelog. Over the local socket, which knows
 * nobody apart, that name.
 */
function submitterOf({ requestedBy, submitterJson }: TaskRow): string {
  return requestedBy === 'local' ? `local ${submitterJson ?? ''}` : requestedBy;
}

/** A host takes a queued job: its fence rises and an attempt begins. Undefined when somebody else was faster. */
export async function beginAttempt(
  tx: Change,
  job: JobRow,
  host: { id: string; name: string },
  leaseExpires: number,
): Promise<AttemptRow | undefined> {
  if (!(await tx.jobs.raiseFence(job.id, job.fence, { state: 'running', ticketed: null }))) return undefined;
  const earlier = await tx.attempts.ofJob(job.id);
  for (const one of earlier) await closeAttempt(tx, one);
  const attempt: AttemptRow = {
    id: newId(),
    job: job.id,
    number: earlier.length + 1,
    fence: job.fence + 1,
    worker: host.id,
    host: host.name,
    began: tx.now,
    ended: null,
    outcome: null,
    causeJson: null,
    leaseExpires,
    heard: tx.now,
    handedBack: 0,
    logLength: 0,
    logClosed: 0,
    image: null,
    environment: null,
    shellJson: null,
  };
  await tx.attempts.insert(attempt);
  const task = await mustHaveTask(tx, job.task);
  const state = job.capability === PUBLISHER ? 'publishing' : 'running';
  await moveTask(tx, task, state, task.started === null ? { started: tx.now } : {});
  tx.facts.push({ fact: 'attempt-began', task: task.id, attempt: attempt.id, job: job.name, host: attempt.host });
  return attempt;
}

/** The attempt is over. The host may still be busy with it (checks, the rest of the log) until it is closed. */
export async function endAttempt(
  tx: Change,
  attempt: AttemptRow,
  outcome: Outcome,
  cause: Cause | null,
  options: { handedBack?: boolean } = {},
): Promise<void> {
  await tx.attempts.update(attempt.id, {
    ended: tx.now,
    outcome,
    causeJson: cause && JSON.stringify(cause),
    handedBack: options.handedBack ? 1 : 0,
  });
  tx.facts.push({
    fact: 'attempt-ended',
    attempt: attempt.id,
    host: attempt.host,
    outcome,
    cause: cause?.message ?? null,
    ...(attempt.shellJson === null ? {} : { shell: JSON.parse(attempt.shellJson) as ShellResult }),
  });
}

/** The host is done with the attempt, or not heard any more: nothing it says from now on counts. */
export async function closeAttempt(tx: Change, attempt: AttemptRow): Promise<void> {
  if (attempt.logClosed) return;
  await tx.attempts.update(attempt.id, { leaseExpires: null, logClosed: 1 });
  await tx.attempts.endPhases(attempt.id, tx.now);
  tx.closedLogs.add(attempt.id);
}

/** Back into the queue, for another attempt not before `notBefore`. */
export async function requeueJob(
  tx: Change,
  job: JobRow,
  options: { notBefore: number; tries: number },
): Promise<void> {
  await tx.jobs.update(job.id, { state: 'queued', ticketed: null, ...options });
  await waitOrRun(tx, await mustHaveTask(tx, job.task));
}

/** A job is over; the task with it as soon as all its jobs are, or at once when a build fails. */
export async function endJob(tx: Change, job: JobRow, outcome: Outcome, cause: Cause | null): Promise<void> {
  await tx.jobs.update(job.id, {
    state: 'done',
    outcome,
    causeJson: cause && JSON.stringify(cause),
    ended: tx.now,
    ticketed: null,
  });
  const task = await mustHaveTask(tx, job.task);
  tx.changedTasks.add(task.id);
  if (task.kind === 'build' && outcome !== 'success') {
    const others = { outcome: 'cancelled', cause: { message: `${job.name} ended as ${outcome}.` } } as const;
    return endTask(tx, task, outcome, cause, others);
  }
  const jobs = await tx.jobs.ofTask(task.id);
  if (jobs.some((one) => one.state !== 'done')) return;
  const failed = jobs.find((one) => one.outcome !== 'success');
  if (!failed) return endTask(tx, task, 'success', null);
  return endTask(
    tx,
    task,
    failed.outcome as Outcome,
    failed.causeJson ? (JSON.parse(failed.causeJson) as Cause) : null,
  );
}

/** A job of a build is in and checked: ends it, and adds what follows. With the publisher's job publishing begins. */
export async function continueTask(tx: Change, task: TaskRow, job: JobRow, next: readonly NewJob[]): Promise<void> {
  await tx.jobs.update(job.id, { state: 'done', outcome: 'success', ended: tx.now, ticketed: null });
  for (const one of next) await addJob(tx, task, one);
  const isPublishing = next.some(({ capability }) => capability === PUBLISHER);
  await (isPublishing ? moveTask(tx, task, 'publishing') : waitOrRun(tx, task));
}

/** A task whose jobs all wait for a host is queued again. */
async function waitOrRun(tx: Change, task: TaskRow): Promise<void> {
  const jobs = await tx.jobs.ofTask(task.id);
  const runs = jobs.some(({ state }) => state === 'running');
  await moveTask(tx, task, task.state === 'running' && !runs ? 'queued' : (task.state as TaskState));
}

/** From here on it is too late to cancel. */
export async function markCommitted(tx: Change, task: TaskRow): Promise<void> {
  if (task.committed === null) await tx.tasks.update(task.id, { committed: tx.now });
}

/**
 * The task is over, and with it whatever of it still runs: fences rise, so that no host can add to it. That ends as the
 * task does, unless `others` says otherwise.
 */
export async function endTask(
  tx: Change,
  task: TaskRow,
  outcome: Outcome,
  cause: Cause | null,
  others: { outcome: Outcome; cause: Cause | null } = { outcome, cause },
): Promise<void> {
  const jobs = await tx.jobs.ofTask(task.id);
  for (const job of jobs.filter((one) => one.state !== 'done')) {
    await tx.jobs.raiseFence(job.id, job.fence, {
      state: 'done',
      outcome: others.outcome,
      causeJson: others.cause && JSON.stringify(others.cause),
      ended: tx.now,
      ticketed: null,
    });
  }
  for (const attempt of await tx.attempts.ofJobs(jobs.map((one) => one.id))) {
    if (attempt.outcome === null) await endAttempt(tx, attempt, others.outcome, others.cause);
    // A build that succeeded may still be in its checks; they go on to their own end.
    if (attempt.outcome === null || outcome === 'cancelled') await closeAttempt(tx, attempt);
  }
  await tx.versions.release(task.id);
  await moveTask(tx, task, 'done', { outcome, causeJson: cause && JSON.stringify(cause), ended: tx.now });
  const { kind, format, distribution } = task;
  tx.facts.push({
    fact: 'task-ended',
    task: task.id,
    kind,
    format,
    distribution,
    outcome,
    took: tx.now - task.created,
  });
}

async function moveTask(tx: Change, task: TaskRow, to: TaskState, changes: Partial<TaskRow> = {}): Promise<void> {
  const from = task.state as TaskState;
  if (from !== to && !mayBecome(from, to)) throw new Error(`task ${task.id} may not go from ${from} to ${to}`);
  await tx.tasks.update(task.id, { ...changes, state: to });
  tx.changedTasks.add(task.id);
}

async function mustHaveTask(tx: Change, id: string): Promise<TaskRow> {
  const task = await tx.tasks.get(id);
  if (!task) throw new Error(`task ${id} has gone from the database`);
  return task;
}
