import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@fatbuildr/client';
import type { Attempt, TaskDetail } from '@fatbuildr/domain';

export interface FollowHandlers {
  onTask?(task: TaskDetail): void;
  onAttempt?(task: TaskDetail, attempt: Attempt): void;
  onLog(bytes: Uint8Array, attempt: string, offset: number): void | Promise<void>;
  signal: AbortSignal;
}

const POLL_MS = 250;

/** Follows the logs of a task's attempts, one after the other, until the task has ended; returns it as it ended. */
export async function followTask(client: Client, id: string, handlers: FollowHandlers): Promise<TaskDetail> {
  const { signal } = handlers;
  const seen = new Set<string>();
  for (;;) {
    const task = await client.task({ params: { task: id }, signal });
    handlers.onTask?.(task);
    const attempt = task.jobs.flatMap((job) => job.attempts).find((one) => !seen.has(one.id));
    if (attempt) {
      seen.add(attempt.id);
      handlers.onAttempt?.(task, attempt);
      await client.followLog(attempt.id, {
        onBytes: (bytes, offset) => handlers.onLog(bytes, attempt.id, offset),
        signal,
      });
    } else if (task.state === 'done') return task;
    else await sleep(POLL_MS, undefined, { signal });
  }
}
