import type { Client } from '@fatbuildr/client';
import type { TaskDetail } from '@fatbuildr/domain';

/** A farm whose parts can be killed, whoever runs them. */
export interface KillableFarm<Part extends string = string> {
  /** As the administrator, over the local socket. */
  client: Client;
  url: string;
  /** Kills a part with SIGKILL as soon as it runs; it is started again. */
  kill(part: Part): Promise<void>;
  /** Asks again and again until the farm answers. */
  insist<T>(call: () => Promise<T>): Promise<T>;
  /** The task as it ended; fails after `withinMs`. */
  ended(id: string, withinMs: number): Promise<TaskDetail>;
}

/** Calls to a farm whose parts come and go. */
export function patientClient(client: Client): Pick<KillableFarm, 'insist' | 'ended'> {
  async function insist<T>(call: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await pause(100);
      }
    }
  }
  return {
    insist,
    async ended(id, withinMs) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const task = await insist(() => client.task({ params: { task: id } }));
        if (task.state === 'done') return task;
        if (Date.now() > deadline) throw new Error(`task ${id} is still ${task.state}: ${task.waiting}`);
        await pause(100);
      }
    },
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
