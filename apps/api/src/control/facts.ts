import type { Outcome, ShellResult } from '@fatbuildr/domain';

/** Something that happened and was committed, for those who count or write it down. */
export type Fact =
  | { fact: 'task-submitted'; task: string; kind: string; artifact: string | null; by: string }
  | { fact: 'attempt-began'; task: string; attempt: string; job: string; host: string }
  | {
      fact: 'task-ended';
      task: string;
      kind: string;
      format: string | null;
      distribution: string | null;
      outcome: Outcome;
      /** From its submission to its end, ms. */
      took: number;
    }
  | {
      fact: 'attempt-ended';
      attempt: string;
      host: string;
      outcome: Outcome;
      cause: string | null;
      /** Where there was one that ended. */
      shell?: ShellResult;
    }
  | { fact: 'attempt-lost'; host: string }
  | { fact: 'phase-ended'; phase: string; took: number }
  | { fact: 'published'; instance: string; format: string; distribution: string; took: number }
  | { fact: 'logged'; bytes: number };
