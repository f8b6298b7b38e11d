import type { Stores, TaskRow } from '@fatbuildr/database';
import { ProblemError } from '@fatbuildr/domain';
import type { Terminals } from '../terminals/terminals.ts';
import { audit } from './audit.ts';
import { type Context, change } from './context.ts';
import { cursorOf, positionOf } from './cursors.ts';
import { notFound } from './refusal.ts';
import type { Tasks } from './services.ts';
import { mayHaveShell } from './shells.ts';
import { storedOrder } from './stored.ts';
import { endTask } from './transitions.ts';
import { attemptView, jobView, taskDetailView, taskView } from './views.ts';
import { type Explanation, explainWaiting, NOT_WAITING, type Waiting } from './waiting.ts';

export function createTasks(context: Context, terminals: Terminals): Tasks {
  const { database, events } = context;

  /** Why each of `rows` waits; looks at the farm only if one may. */
  async function waitingOf(rows: readonly TaskRow[]): Promise<Explanation> {
    if (rows.every((row) => row.state === 'done')) return { ofTask: () => NOT_WAITING, ofJob: () => NOT_WAITING };
    const queued = await explainWaiting(
      context,
      rows.map((row) => row.id),
    );
    const attended = new Map(rows.flatMap((row) => shellOf(row, terminals)));
    return { ...queued, ofTask: (task) => attended.get(task.id) ?? queued.ofTask(task) };
  }

  return {
    async list({ limit, cursor, ...filter }) {
      const rows = await database.stores.tasks.list(filter, limit + 1, cursor ? positionOf(cursor) : undefined);
      const shown = rows.slice(0, limit);
      const waiting = await waitingOf(shown);
      const last = shown.at(-1);
      return {
        tasks: shown.map((row) => taskView(row, waiting.ofTask(row))),
        next: rows.length > limit && last ? cursorOf(last) : null,
      };
    },

    async get(id) {
      const row = await findTask(database.stores, id);
      const jobs = await database.stores.jobs.ofTask(row.id);
      const attempts = await database.stores.attempts.ofJobs(jobs.map((job) => job.id));
      const phases = await database.stores.attempts.phases(attempts.map((attempt) => attempt.id));
      const waiting = await waitingOf([row]);
      return taskDetailView(row, waiting.ofTask(row), {
        jobs: jobs.map((job) => jobView(job, waiting.ofJob(job.id), attempts, phases)),
        artifacts: await database.stores.results.artifacts(row.id),
      });
    },

    cancel: (id, by) =>
      change(context, async (tx) => {
        const task = await tx.tasks.get(id);
        if (!task) throw notFound(`There is no task ${id}.`);
        if (task.state === 'done' && task.outcome === 'cancelled') return taskView(task);
        if (task.state === 'done') throw new ProblemError('already-done', `Task ${id} ended with ${task.outcome}.`);
        if (task.committed !== null) {
          throw new ProblemError('already-committed', `Task ${id} is being published; it is too late to cancel.`);
        }
        await endTask(tx, task, 'cancelled', { message: `Cancelled by ${by.name}.` });
        await audit(tx, by, 'cancel', id);
        return taskView((await tx.tasks.get(id)) ?? task);
      }),

    async artifact(task, name) {
      const file = await database.stores.results.artifact(task, name);
      if (!file) throw notFound(`Task ${task} has no file ${name}.`);
      return { ...file };
    },

    async attempt(id) {
      const attempt = await database.stores.attempts.get(id);
      const job = attempt && (await database.stores.jobs.get(attempt.job));
      const task = job && (await database.stores.tasks.get(job.task));
      if (!attempt || !task) throw notFound(`There is no attempt ${id}.`);
      const phases = await database.stores.attempts.phases([id]);
      return {
        task: taskView(task),
        attempt: attemptView(attempt, phases),
        hasTerminal: mayHaveShell(storedOrder(job)),
      };
    },

    changed: (task, signal) => events.nextChange(task, signal),
  };
}

/** What a running task with a shell waits for. */
function shellOf({ id, kind, state }: TaskRow, terminals: Terminals): [string, Waiting][] {
  const shell = state === 'running' ? terminals.ofTask(id) : undefined;
  if (!shell) return [];
  const why = kind === 'build' ? 'Its build failed: it is ' : 'It is ';
  const how = shell.state === 'waiting' ? 'waiting for a shell' : `in a shell, ${shell.clients} attached`;
  return [[id, { waiting: `${why}${how}. Join with: fatbuildrctl join ${id}`, estimatedStart: null }]];
}

/** By its id, or by the beginning of it as long as it is the only one. */
async function findTask(stores: Stores, id: string): Promise<TaskRow> {
  const [row, other] = await stores.tasks.withPrefix(id);
  if (!row) throw notFound(`There is no task ${id}.`);
  if (other) {
    throw new ProblemError('not-found', `More than one task begins with ${id}.`, { hint: 'Give more of the id.' });
  }
  return row;
}
