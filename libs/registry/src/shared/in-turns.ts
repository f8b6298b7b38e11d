import { setImmediate } from 'node:timers/promises';

/** Bounded, so that the process has time for others in between. */
const AT_ONCE = 200;

/** The items one after the other, with time for others in between: for work that does not wait. */
export async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let count = 0;
  for (const item of items) {
    yield item;
    count += 1;
    if (count % AT_ONCE === 0) await setImmediate();
  }
}
