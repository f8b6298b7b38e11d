import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; fails when it does not come to hold in time (ms). */
export async function until(
  condition: () => Promise<boolean> | boolean,
  withinMs: number,
  everyMs = 50,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${condition}`);
    await sleep(everyMs);
  }
}
