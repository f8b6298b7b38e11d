/**
 * The kinds of problem that the API answers with (RFC 9457 `type`, as `urn:fatbuildr:<kind>`), with their status.
 * What a program does next follows from the kind, never from the status alone.
 */
export const PROBLEM_STATUS = {
  /** The request does not fit its schema. */
  'bad-request': 400,
  /** No or unknown token. */
  'not-authenticated': 401,
  /** The token lacks an action. */
  'not-authorised': 403,
  'not-found': 404,
  /** The thing is in another state than the request needs. */
  conflict: 409,
  /** Too late to cancel, the publication is being made current. */
  'already-committed': 409,
  /** The task ended before. */
  'already-done': 409,
  /** Another attempt owns the job now; stop and clean up. */
  'stale-fence': 409,
  /** This ticket is not for this worker; drop it. */
  'claim-refused': 409,
  /** Has `length`, resend from there. */
  'log-offset': 409,
  /** Has `offset`, continue from there. */
  'upload-offset': 409,
  /** The same request is still being worked on. */
  'idempotency-running': 409,
  'too-large': 413,
  /** What arrived is not what was announced. */
  'digest-mismatch': 422,
  /** Understood, but can't be done as things stand. */
  unprocessable: 422,
  /** The key was used with another body. */
  'idempotency-mismatch': 422,
  'rate-limited': 429,
  internal: 500,
  /** Not ready yet, or a part is down. */
  unavailable: 503,
  'no-space': 507,
} as const;
export type ProblemKind = keyof typeof PROBLEM_STATUS;

/** `application/problem+json` as this API writes it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  hint?: string;
  errors?: { path: string; message: string }[];
  [member: string]: unknown;
}

/** Whether an answer is a problem document. */
export function isProblem(answer: unknown): answer is Problem {
  const { type, title, status, detail, hint } = (answer ?? {}) as Record<string, unknown>;
  return (
    typeof type === 'string' &&
    typeof title === 'string' &&
    typeof status === 'number' &&
    [detail, hint].every((text) => text === undefined || typeof text === 'string')
  );
}

const URN = 'urn:fatbuildr:';

/** The `type` member for a kind. */
export function problemType(kind: ProblemKind): string {
  return URN + kind;
}

/** The kind behind a `type` member, or undefined when it is not one of ours. */
export function problemKind(type: string): ProblemKind | undefined {
  if (!type.startsWith(URN)) return undefined;
  const kind = type.slice(URN.length);
  return Object.hasOwn(PROBLEM_STATUS, kind) ? (kind as ProblemKind) : undefined;
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
