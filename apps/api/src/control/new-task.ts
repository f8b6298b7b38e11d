import type { TaskRow } from '@fatbuildr/database';
import { newId, type TaskKind } from '@fatbuildr/domain';
import type { Asked } from './asked.ts';
import { audit } from './audit.ts';
import { type Change, type Context, change } from './context.ts';
import type { Requester } from './services.ts';
import { createTask, type NewJob } from './transitions.ts';
import { taskView } from './views.ts';

export interface Submitted extends Asked {
  kind: TaskKind;
  by: Requester;
  retryOf: string | null;
}

/** What a plan adds to a task: its jobs, and the columns that are not empty. */
export interface Plan {
  jobs: NewJob[];
  task?: Partial<TaskRow>;
}

/** Writes the task that `plan` describes, or nothing when `plan` refuses. All in one transaction. */
export function submit(context: Context, submitted: Submitted, plan: (tx: Change, task: string) => Promise<Plan>) {
  return change(context, async (tx) => {
    const { instance, request, fetched, kind, by, retryOf } = submitted;
    const id = newId();
    const { jobs, task } = await plan(tx, id);
    const row: TaskRow = {
      ...{ id, instance, kind, retryOf },
      requestedBy: by.name,
      requestJson: JSON.stringify({ instance, request, ...(fetched ? { fetched } : {}) } satisfies Asked),
      state: 'queued',
      outcome: null,
      causeJson: null,
      artifact: null,
      version: null,
      format: null,
      distribution: null,
      derivative: null,
      architecturesJson: '[]',
      submitterJson: null,
      message: null,
      priority: 50,
      created: tx.now,
      started: null,
      ended: null,
      committed: null,
      dryRun: 0,
      previewJson: null,
      ...task,
    };
    await createTask(tx, row, jobs);
    await audit(tx, by, kind, id, row.artifact);
    tx.facts.push({ fact: 'task-submitted', task: id, kind, artifact: row.artifact, by: by.name });
    return taskView(row);
  });
}
