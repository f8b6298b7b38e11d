import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ServerUnreachable } from '@fatbuildr/client';
import type { Attempt, TaskDetail } from '@fatbuildr/domain';

export interface FollowHandlers {
  onTask?(task: TaskDetail): void;
  /** Follows an attempt; the next one comes when it has settled. */
  onAttempt(task: TaskDetail, attempt: Attempt): Promise<unknown>;
  signal: AbortSignal;
}

const POLL_MS = 250;
/** How long the server may be away: it is restarted for an upgrade, and the task goes on meanwhile. */
const AWAY_MS = 60_000;

/**
 * Follows a task's attempts, one after the other, until the task has ended; returns it as it ended. A server that is
 * away for a while is waited for.
 */
export async function followTask(client: Client, id: string, handlers: FollowHandlers): Promise<TaskDetail> {
  const { signal } = handlers;
  const seen = new Set<string>();
  for (;;) {
    const task = await present(() => client.task({ params: { task: id }, signal }), signal);
    handlers.onTask?.(task);
    const attempt = task.jobs.flatMap((job) => job.attempts).find((one) => !seen.has(one.id));
    if (attempt) {
      seen.add(attempt.id);
      await handlers.onAttempt(task, attempt);
    } else if (task.state === 'done') return task;
    else await sleep(POLL_MS, undefined, { signal });
  }
}

async function present<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const until = Date.now() + AWAY_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServerUnreachable) || Date.now() > until) throw error;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}
