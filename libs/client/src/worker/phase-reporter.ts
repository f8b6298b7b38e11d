import type { PhaseEvent, PhaseName } from '@fatbuildr/domain';

/** Marks phases in the log and tells the api of them, one event after the other, while the work goes on. */
export interface PhaseReporter {
  run<T>(name: PhaseName, work: () => Promise<T>): Promise<T>;
  mark(name: PhaseName, event: PhaseEvent['event']): void;
  /** Resolves when the api knows all that was marked. */
  settled(): Promise<void>;
}

export function phaseReporter({
  log,
  send,
  onError,
}: {
  log: { readonly length: number; line(text: string): void };
  send: (event: PhaseEvent) => Promise<void>;
  onError: (error: unknown) => void;
}): PhaseReporter {
  let sending = Promise.resolve();

  function mark(phase: PhaseName, event: PhaseEvent['event']): void {
    const logOffset = log.length;
    if (event === 'begin') log.line(`==> ${phase}`);
    sending = sending.then(() => send({ phase, event, logOffset })).catch(onError);
  }

  return {
    mark,
    async run(name, work) {
      mark(name, 'begin');
      try {
        return await work();
      } finally {
        mark(name, 'end');
      }
    },
    settled: () => sending,
  };
}
