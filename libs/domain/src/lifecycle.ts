import type { TaskState } from './task.ts';

const NEXT: Record<TaskState, readonly TaskState[]> = {
  blocked: ['queued', 'done'],
  // straight to publishing: a task whose only job is the publisher's
  queued: ['running', 'publishing', 'done'],
  // back to queued: the attempt was lost and another follows
  running: ['queued', 'publishing', 'done'],
  publishing: ['done'],
  done: [],
};

/** Whether a task may go from one state to another. The only place that knows. */
export function mayBecome(from: TaskState, to: TaskState): boolean {
  return NEXT[from].includes(to);
}

/** The states of a task that has not ended. */
export const ACTIVE_STATES = ['blocked', 'queued', 'running', 'publishing'] as const satisfies readonly TaskState[];
