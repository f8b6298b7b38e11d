import type { Repository } from '../model/repository.ts';
import { keyOfRepository, type WriterContext } from './context.ts';
import { nextDue } from './lagging.ts';

/** Brings lists up to date that a publication left behind. */
export interface CatchUp {
  /** To be told after each change of a repository. */
  plan(definition: Repository): void;
  stop(): void;
}

/** @param work makes a publication, if one is due. What it throws is left to the next change of the repository. */
export function openCatchUp(context: WriterContext, work: (definition: Repository) => Promise<void>): CatchUp {
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    plan(definition) {
      const key = keyOfRepository(definition);
      const due = timers.has(key) ? undefined : nextDue(context, definition);
      if (due === undefined) return;
      const run = () => {
        timers.delete(key);
        work(definition).catch(() => {});
      };
      timers.set(key, setTimeout(run, Math.max(0, due - context.clock())).unref());
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
