import { z } from 'zod';

/**
 * The kinds of problem that the API answers with (RFC 9457 `type`, as `urn:fatbuildr:<kind>`).
 * What a program does next follows from the kind, never from the status alone.
 */
export const ProblemKind = z.enum([
  'bad-request', // 400: the request does not fit its schema
  'not-authenticated', // 401: no or unknown token
  'not-authorised', // 403: the token lacks an action
  'not-found', // 404
  'conflict', // 409: the thing is in another state than the request needs
  'already-committed', // 409: too late to cancel, the publication is being made current
  'already-done', // 409: the task ended before
  'stale-fence', // 409: another attempt owns the job now; stop and clean up
  'claim-refused', // 409: this ticket is not for this worker; drop it
  'log-offset', // 409: has `length`, resend from there
  'upload-offset', // 409: has `offset`, continue from there
  'idempotency-running', // 409: the same request is still being worked on
  'too-large', // 413
  'digest-mismatch', // 422: what arrived is not what was announced
  'unprocessable', // 422: understood, but can't be done as things stand
  'idempotency-mismatch', // 422: the key was used with another body
  'rate-limited', // 429
  'internal', // 500
  'unavailable', // 503: not ready yet, or a part is down
  'no-space', // 507
]);
export type ProblemKind = z.infer<typeof ProblemKind>;

export const PROBLEM_STATUS: Record<ProblemKind, number> = {
  'bad-request': 400,
  'not-authenticated': 401,
  'not-authorised': 403,
  'not-found': 404,
  conflict: 409,
  'already-committed': 409,
  'already-done': 409,
  'stale-fence': 409,
  'claim-refused': 409,
  'log-offset': 409,
  'upload-offset': 409,
  'idempotency-running': 409,
  'too-large': 413,
  'digest-mismatch': 422,
  unprocessable: 422,
  'idempotency-mismatch': 422,
  'rate-limited': 429,
  internal: 500,
  unavailable: 503,
  'no-space': 507,
};

/** `application/problem+json` as this API writes it. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

const URN = 'urn:fatbuildr:';

/** The `type` member for a kind. */
export function problemType(kind: ProblemKind): string {
  return URN + kind;
}

/** The kind behind a `type` member, or undefined when it is not one of ours. */
export function problemKind(type: string): ProblemKind | undefined {
  if (!type.startsWith(URN)) return undefined;
  const kind = ProblemKind.safeParse(type.slice(URN.length));
  return kind.success ? kind.data : undefined;
}

/** An error that the API answers as it is: below 500 it is for the caller to read. */
export class ProblemError extends Error {
  readonly kind: ProblemKind;
  readonly hint: string | undefined;
  /** Further members of the answer, such as `length` of `log-offset`. */
  readonly members: Record<string, unknown>;

  constructor(kind: ProblemKind, detail: string, options: { hint?: string; members?: Record<string, unknown> } = {}) {
    super(detail);
    this.name = 'ProblemError';
    this.kind = kind;
    this.hint = options.hint;
    this.members = options.members ?? {};
  }
}
