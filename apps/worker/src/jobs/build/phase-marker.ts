import type { Job } from '../job.ts';

type Phase = 'dependencies' | 'build';

/** Turns the points that a builder tells it has reached into the begin and end of phases. */
export interface PhaseMarker {
  /** A point that is no phase ends the one before it; undefined is none. */
  reached(point: string | undefined): void;
  over(): void;
}

/** @param told the phases that the builder tells; the others are marked by whoever does them */
export function createPhaseMarker(
  job: Pick<Job, 'mark'>,
  told: readonly Phase[] = ['dependencies', 'build'],
): PhaseMarker {
  let current: Phase | undefined;
  const over = () => {
    if (current) job.mark(current, 'end');
    current = undefined;
  };
  return {
    reached(point) {
      if (point === undefined) return;
      over();
      current = told.find((phase) => phase === point);
      if (current) job.mark(current, 'begin');
    },
    over,
  };
}
