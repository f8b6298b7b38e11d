import type { Attempt, Cause, GitOrigin, Job, Outcome, Task, TaskDetail } from '@fatbuildr/domain';
import { paint } from './paint.ts';
import { fields, table } from './table.ts';
import { bytes, dateTime, duration } from './units.ts';

const COLOUR: Record<Outcome, 'green' | 'red' | 'yellow'> = {
  success: 'green',
  'build-failure': 'red',
  'dependency-failure': 'red',
  'infrastructure-failure': 'yellow',
  'publish-failure': 'yellow',
  timeout: 'yellow',
  rejected: 'red',
  cancelled: 'yellow',
};

/** What a task is about: `build hello 2.10-1.deb12`, `env-create bookworm`. */
export function subject(task: Task): string {
  return [task.kind, task.artifact, task.version, task.dryRun && '(dry run)'].filter(Boolean).join(' ');
}

/** Where its result goes: `default/deb/bookworm/main`. */
export function target(task: Task): string {
  return [task.instance, task.format, task.distribution, task.derivative].filter(Boolean).join('/');
}

function age(task: Task, now: number): string {
  return duration((task.ended ?? now) - task.created);
}

export function taskTable(tasks: readonly Task[], now: number): string {
  return table(
    ['ID', 'STATE', 'WHAT', 'WHERE', 'SUBMITTED', 'TOOK', 'BY', ''],
    tasks.map((task) => [
      task.id,
      task.outcome ?? task.state,
      subject(task),
      target(task),
      dateTime(task.created),
      age(task, now),
      task.submitter?.name ?? task.requestedBy,
      waitingWords(task, now),
    ]),
  );
}

/** Why it waits, and about how long still. */
function waitingWords({ waiting, estimatedStart }: Task, now: number): string {
  if (waiting === null || estimatedStart === null) return waiting ?? '';
  return `${waiting} Begins in about ${duration(Math.max(0, estimatedStart - now))}.`;
}

/** One line on how a task ended, with cause and hint below it where there is one. */
export function ending(task: Task, stream: NodeJS.WriteStream = process.stderr): string {
  if (task.outcome === null) return `${subject(task)}: ${task.state}`;
  const took = task.ended === null ? '' : ` after ${duration(task.ended - task.created)}`;
  const lines = [`${subject(task)} for ${target(task)}: ${paint(COLOUR[task.outcome], task.outcome, stream)}${took}`];
  if (task.cause) {
    lines.push(causeWords(task.cause));
    if (task.cause.hint) lines.push(task.cause.hint);
  }
  return lines.join('\n');
}

/** Many a message names the place by itself. */
function causeWords({ where, message }: Cause): string {
  return where === undefined || message.includes(where) ? message : `${where}: ${message}`;
}

export function taskDetail(task: TaskDetail): string {
  const head = fields([
    ['Task', task.id],
    ['What', subject(task)],
    ['Where', target(task)],
    ['State', task.outcome === null ? task.state : paint(COLOUR[task.outcome], task.outcome)],
    ['Waiting', task.waiting],
    ['Begins', task.estimatedStart === null ? null : `about ${dateTime(task.estimatedStart)}`],
    ['Cause', task.cause && causeWords(task.cause)],
    ['Next', task.cause?.hint],
    ['Submitter', task.submitter && `${task.submitter.name} <${task.submitter.email}>`],
    ['Repository', task.origin && originWords(task.origin)],
    ['Commit', task.origin?.commit],
    ['Message', task.message],
    ['Asked by', task.requestedBy],
    ['Retry of', task.retryOf],
    ['Submitted', dateTime(task.created)],
    ['Took', task.ended === null ? '' : duration(task.ended - task.created)],
  ]);
  return [head, ...task.jobs.map(jobWords), artifactsOf(task)].filter(Boolean).join('\n');
}

/** `https://example.org/hello.git, v1.2, packaging/` */
function originWords({ url, ref, subdir }: GitOrigin): string {
  return [url, ref, subdir && `${subdir}/`].filter(Boolean).join(', ');
}

function jobWords(job: Job): string {
  const waiting = job.waiting === null ? '' : `  waiting: ${job.waiting}\n`;
  const title = `${paint('bold', job.name)}  ${job.outcome ?? job.state}  (${job.capability})\n${waiting}`;
  const attempts = job.attempts.map((attempt) => {
    const took = attempt.ended === null ? '' : `, ${duration(attempt.ended - attempt.began)}`;
    const cause = attempt.cause ? `\n    ${attempt.cause.message.replaceAll('\n', '\n    ')}` : '';
    const phases = attempt.phases.map(
      ({ name, began, ended }) => `${name} ${ended === null ? '…' : duration(ended - began)}`,
    );
    return [
      `  attempt ${attempt.number} on ${attempt.host}: ${attempt.outcome ?? 'running'}${took}${cause}`,
      treesOf(attempt),
      phases.length > 0 ? `    ${phases.join(' · ')}` : '',
      `    log ${attempt.id}, ${bytes(attempt.logLength)}`,
    ]
      .filter(Boolean)
      .join('\n');
  });
  return `${title}${attempts.join('\n')}${attempts.length > 0 ? '\n' : ''}`;
}

/** The generations it ran on, as `images list` has them. */
function treesOf({ image, environment }: Attempt): string {
  const used = [image && `image ${image}`, environment && `environment ${environment}`].filter(Boolean);
  return used.length > 0 ? `    ${used.join(', ')}` : '';
}

function artifactsOf(task: TaskDetail): string {
  if (task.artifacts.length === 0) return '';
  return table(
    ['FILE', 'SIZE', 'SHA256'],
    task.artifacts.map(({ name, size, sha256 }) => [name, bytes(size), sha256]),
  );
}
