import { EventEmitter, once } from 'node:events';
import type { Fact } from './facts.ts';

/** What happens in the control plane, as wake-ups: who is woken looks for himself. */
export interface ControlEvents {
  taskChanged(task: string): void;
  /** Something may be ready to be dispatched. */
  dispatch(): void;
  onDispatch(listener: () => void): void;
  happened(fact: Fact): void;
  onFact(listener: (fact: Fact) => void): void;
  /** Resolves at the next change of `task`, or of any without one, or when `signal` aborts. */
  nextChange(task: string | undefined, signal: AbortSignal): Promise<void>;
}

const ANY = 'any task';
const DISPATCH = 'dispatch';
const FACT = 'fact';

export function createEvents(): ControlEvents {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    taskChanged(task) {
      emitter.emit(task);
      emitter.emit(ANY);
    },
    dispatch: () => void emitter.emit(DISPATCH),
    onDispatch: (listener) => void emitter.on(DISPATCH, listener),
    happened: (fact) => void emitter.emit(FACT, fact),
    onFact: (listener) => void emitter.on(FACT, listener),
    nextChange: (task, signal) =>
      once(emitter, task ?? ANY, { signal }).then(
        () => undefined,
        () => undefined,
      ),
  };
}
