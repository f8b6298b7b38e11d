import type { Outcome } from '@fatbuildr/domain';

/** Something that happened and was committed, for those who count. */
export type Fact =
  | {
      fact: 'task-ended';
      kind: string;
      format: string | null;
      distribution: string | null;
      outcome: Outcome;
      /** From its submission to its end, ms. */
      took: number;
    }
  | { fact: 'attempt-ended'; host: string; outcome: Outcome }
  | { fact: 'attempt-lost'; host: string }
  | { fact: 'phase-ended'; phase: string; took: number }
  | { fact: 'published'; instance: string; format: string; distribution: string; took: number }
  | { fact: 'logged'; bytes: number };
