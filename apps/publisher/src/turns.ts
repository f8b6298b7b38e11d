/** Runs `work` when its turn has come; rejects with the reason of `signal` if that aborts while it waits. */
export type TakeTurn = <T>(key: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/**
 * Turns by key, in the order in which they are asked for: those that share run side by side, one that is alone waits
 * for all before it, and all after it wait for that.
 */
export function openTurns(): { sharing: TakeTurn; alone: TakeTurn } {
  interface Turn {
    alone: boolean;
    over: Promise<void>;
  }
  const turns = new Map<string, Set<Turn>>();

  async function take<T>(alone: boolean, key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const others = turns.get(key) ?? new Set();
    turns.set(key, others);
    const before = [...others].filter((other) => alone || other.alone).map(({ over }) => over);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const turn: Turn = { alone, over };
    others.add(turn);
    try {
      await Promise.race([Promise.all(before), aborted(signal)]);
      signal.throwIfAborted();
      return await work();
    } finally {
      // whoever gave up waiting is no bridge for those behind it: they wait for what it waited for
      void Promise.all(before).then(() => {
        others.delete(turn);
        if (others.size === 0 && turns.get(key) === others) turns.delete(key);
        resolve();
      });
    }
  }

  return {
    sharing: (key, signal, work) => take(false, key, signal, work),
    alone: (key, signal, work) => take(true, key, signal, work),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
