import { Failure, ProblemError } from '@fatbuildr/domain';

/** Understood, but it can't be done as things stand; `hint` says what would change that. */
export function unprocessable(detail: string, hint?: string): ProblemError {
  return new ProblemError('unprocessable', detail, hint === undefined ? {} : { hint });
}

export function notFound(detail: string): ProblemError {
  return new ProblemError('not-found', detail);
}

/** Runs a lookup of the domain; what it rejects is answered as `unprocessable` with its hint. */
export function lookUp<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (error instanceof Failure) throw unprocessable(error.message, error.hint);
    throw error;
  }
}
