import { Failure, PROBLEM_STATUS, type Problem, ProblemError, type ProblemKind, problemType } from '@fatbuildr/domain';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

const CONTEXT: Record<string, string> = { params: 'path', querystring: 'query', body: 'body' };
const CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** The one error handler: below 500 the message is for the caller, above it is for the log. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { kind, status, problem, headers } = toProblem(error);
  request.problem = kind;
  if (status >= 500) request.log.error({ err: error }, 'request failed');
  else request.log.debug({ err: error }, 'request refused');
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  void reply.status(status).headers(headers).type(CONTENT_TYPE).serializer(JSON.stringify).send(problem);
}

/** For paths that nothing is mounted at. */
export function handleNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const error = new ProblemError('not-found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`, {
    hint: 'GET /api/v1/openapi.json describes every operation.',
  });
  handleError(error as unknown as FastifyError, request, reply);
}

interface Answer {
  kind: ProblemKind;
  status: number;
  problem: Problem;
  headers: Record<string, string>;
}

function toProblem(error: FastifyError): Answer {
  if (error instanceof ProblemError) return fromProblemError(error);
  if (error instanceof Failure) {
    return answer('unprocessable', error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((one) => ({
      path: one.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: one.message ?? 'is not valid',
    }));
    const said = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    return answer('bad-request', `The ${CONTEXT[error.validationContext ?? ''] ?? 'request'} does not fit: ${said}`, {
      errors,
    });
  }
  if (error.statusCode === 413) return answer('too-large', error.message);
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { ...answer('bad-request', error.message), status: error.statusCode };
  }
  return answer('internal', 'The server failed to answer; its log says why.');
}

function fromProblemError(error: ProblemError): Answer {
  const made = answer(error.kind, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...error.members,
  });
  if (error.kind === 'not-authenticated') made.headers['www-authenticate'] = 'Bearer realm="fatbuildr"';
  if (error.kind === 'rate-limited') made.headers['retry-after'] = String(error.members['retryAfter']);
  if (error.kind === 'upload-offset') made.headers['upload-offset'] = String(error.members['offset']);
  return made;
}

function answer(kind: ProblemKind, detail: string, members: Record<string, unknown> = {}): Answer {
  const status = PROBLEM_STATUS[kind];
  return {
    kind,
    status,
    headers: {},
    problem: { type: problemType(kind), title: kind.replaceAll('-', ' '), status, detail, ...members },
  };
}
