import type { Outcome } from './task.ts';

/** The ways a task can end other than well. */
export type FailureOutcome = Exclude<Outcome, 'success'>;

export interface FailureOptions {
  /** What to do next, one sentence, with the command where there is one. */
  hint?: string;
  /** Where in the user's files, as `file` or `file:line`. */
  where?: string;
  cause?: unknown;
}

/**
 * An end that was foreseen: it knows whose fault it is.
 *
 * `rejected` is the user's mistake, `build-failure` and `dependency-failure` the package's fault,
 * `infrastructure-failure` the host's. Any other error that escapes is a host's fault too.
 */
export class Failure extends Error {
  readonly outcome: FailureOutcome;
  readonly hint: string | undefined;
  readonly where: string | undefined;

  constructor(outcome: FailureOutcome, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.outcome = outcome;
    this.hint = options.hint;
    this.where = options.where;
  }
}

/** What `error` means for a task: its own outcome if it is a {@link Failure}, the host's fault otherwise. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Failure('infrastructure-failure', message, { cause: error });
}
