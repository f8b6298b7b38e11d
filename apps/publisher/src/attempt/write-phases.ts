import type { PhaseName } from '@fatbuildr/domain';
import type { WriteStep } from '@fatbuildr/registry';

/** Which phase begins at a step of the writing order. */
const BEGINS: Partial<Record<WriteStep, PhaseName>> = {
  start: 'index',
  manifest: 'sign',
  signatures: 'verify',
  verified: 'publish',
};

/** Follows the steps of a publication as phases, one after the other. `end` ends the one that is going on. */
export function writePhases(mark: (phase: PhaseName, event: 'begin' | 'end') => void) {
  let current: PhaseName | undefined;
  const end = () => {
    if (current) mark(current, 'end');
    current = undefined;
  };
  return {
    end,
    step(step: WriteStep) {
      const next = BEGINS[step];
      if (!next) return;
      end();
      current = next;
      mark(next, 'begin');
    },
  };
}
