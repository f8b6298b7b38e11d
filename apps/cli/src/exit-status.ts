import { ApiProblem, ServerUnreachable } from '@fatbuildr/client';
import type { Outcome } from '@fatbuildr/domain';
import { ExitError } from '@oclif/core/errors';

/** What scripts may rely on. oclif's own status for usage errors is 2, which here means a failed build. */
export const EXIT = {
  success: 0,
  error: 1,
  buildFailure: 2,
  infrastructureFailure: 3,
  notAuthorised: 4,
  cancelled: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

const BY_OUTCOME: Record<Outcome, number> = {
  success: EXIT.success,
  'build-failure': EXIT.buildFailure,
  'dependency-failure': EXIT.buildFailure,
  'infrastructure-failure': EXIT.infrastructureFailure,
  'publish-failure': EXIT.infrastructureFailure,
  timeout: EXIT.infrastructureFailure,
  rejected: EXIT.error,
  cancelled: EXIT.cancelled,
};

/** Never 0 for a task that did not succeed. */
export function statusOfOutcome(outcome: Outcome | null): number {
  return outcome === null ? EXIT.error : BY_OUTCOME[outcome];
}

export function statusOfError(error: unknown): number {
  if (error instanceof ServerUnreachable) return EXIT.unreachable;
  if (error instanceof ApiProblem && (error.status === 401 || error.status === 403)) return EXIT.notAuthorised;
  if (error instanceof ExitError) return error.oclif.exit ?? EXIT.error;
  return EXIT.error;
}
