import type { PublishResult } from '../model/publication.ts';
import type { Change } from './change.ts';

/** A change that waits for its turn, and who waits for it. */
export interface Waiting {
  change: Change;
  resolve(result: PublishResult): void;
  reject(error: unknown): void;
}

/** Bounded, so that one that fails late costs little. */
const MOST_TOGETHER = 64;

/**
 * One writer a repository: what is asked for while it works, or within `spacingMs` of the last publication, is handed
 * over together. Repositories do not wait for one another.
 *
 * @param write answers each of a batch, and returns those that are to be tried again in the next one. It never throws.
 */
export function openQueue(
  write: (batch: Waiting[]) => Promise<{ again: Waiting[]; published: boolean }>,
  spacingMs: number,
): (key: string, change: Change) => Promise<PublishResult> {
  const queues = new Map<string, Waiting[]>();
  const last = new Map<string, number>();

  async function work(key: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const wait = (last.get(key) ?? Number.NEGATIVE_INFINITY) + spacingMs - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const { again, published } = await write(takeBatch(queue));
      queue.unshift(...again);
      if (published) last.set(key, performance.now());
    }
    queues.delete(key);
  }

  return (key, change) =>
    new Promise((resolve, reject) => {
      const waiting = { change, resolve, reject };
      const queue = queues.get(key);
      if (queue) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      queues.set(key, started);
      void work(key, started);
    });
}

/** The first, and those that follow it and may share a publication with it: with the same definition, and none alone. */
function takeBatch(queue: Waiting[]): Waiting[] {
  const first = queue[0] as Waiting;
  const definition = JSON.stringify(first.change.definition);
  let count = 1;
  while (count < Math.min(queue.length, MOST_TOGETHER)) {
    const { change } = queue[count] as Waiting;
    if (first.change.alone || change.alone || JSON.stringify(change.definition) !== definition) break;
    count += 1;
  }
  return queue.splice(0, count);
}
