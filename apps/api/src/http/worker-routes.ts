import {
  ClaimRequest,
  ClaimResponse,
  DIGEST_HEADER,
  Digest,
  EnrolRequest,
  EnrolResponse,
  FENCE_HEADER,
  FileName,
  FileStored,
  HostReport,
  Id,
  LOG_CHUNK_LIMIT,
  LogAppended,
  PartTaken,
  PhaseEvent,
  ProblemError,
  PublicationPart,
  RegisterRequest,
  RegisterResponse,
  ReportResponse,
  ResultRequest,
  SyncRequest,
  SyncResponse,
  UsedTrees,
  VersionRequest,
  VersionResponse,
  WORKER_PREFIX,
} from '@fatbuildr/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AttemptCall, WorkerIdentity } from '../control/services.ts';
import { identifyWorker, type Listener } from './access.ts';
import { asStream, readBody } from './bodies.ts';
import { sendOrigin } from './import-origin.ts';
import type { AppParts } from './parts.ts';
import { sendBytes } from './send-bytes.ts';

/** A result may list thousands of files, a part of a publication hundreds of packages. */
const RESULT_LIMIT = 64 * 1024 * 1024;

type Handler<B> = (input: {
  call: AttemptCall;
  body: B;
  request: FastifyRequest;
  reply: FastifyReply;
}) => Promise<unknown>;

/** The worker protocol: see `protocol.ts` in libs/domain. Undocumented in the public description, as only we speak it. */
export function mountWorkerProtocol(
  app: FastifyInstance,
  { control, config, openBlob }: AppParts,
  listener: Listener,
): void {
  const { attempts, workers, registry } = control;

  /** An operation on the worker itself. */
  function onWorker<S extends z.ZodType>(
    path: string,
    body: S,
    handler: (worker: WorkerIdentity, body: z.output<S>) => Promise<unknown>,
    response: Record<number, z.ZodType> = { 204: z.void() },
  ): void {
    app.route({
      method: 'POST',
      url: WORKER_PREFIX + path,
      bodyLimit: RESULT_LIMIT,
      schema: { hide: true, body, response },
      handler: async (request, reply) => {
        const answer = await handler(await identifyWorker(control, listener, request), request.body as z.output<S>);
        return answer === undefined ? reply.status(204).send() : answer;
      },
    });
  }

  /** An operation on an attempt, under its fence. */
  function onAttempt<S extends z.ZodType = z.ZodUnknown>(
    method: 'POST' | 'PUT',
    path: string,
    schema: { body?: S; params?: z.ZodObject; querystring?: z.ZodType; response?: Record<number, z.ZodType> },
    handler: Handler<z.output<S>>,
  ): void {
    app.route({
      method,
      url: `${WORKER_PREFIX}/attempts/:attempt${path}`,
      bodyLimit: RESULT_LIMIT,
      schema: { hide: true, ...schema, params: (schema.params ?? z.object({})).extend({ attempt: Id }) },
      handler: async (request, reply) => {
        const worker = await identifyWorker(control, listener, request);
        const call = attemptCall(worker, request);
        const answer = await handler({ call, body: request.body as z.output<S>, request, reply });
        return answer === undefined ? reply.status(204).send() : answer;
      },
    });
  }

  onWorker('/register', RegisterRequest, (worker, body) => workers.register(worker, body), { 200: RegisterResponse });
  onWorker('/report', HostReport, (worker, body) => workers.report(worker, body), { 200: ReportResponse });
  onWorker('/claims', ClaimRequest, (worker, { job }) => attempts.claim(worker, job), { 200: ClaimResponse });
  const onlyPublisher = ({ publisher }: WorkerIdentity) => {
    if (!publisher) throw new ProblemError('not-authorised', 'Only the publisher says what is published.');
  };
  onWorker(
    '/sync',
    SyncRequest,
    (worker, body) => {
      onlyPublisher(worker);
      return registry.sync(body);
    },
    { 200: SyncResponse },
  );
  onWorker(
    '/sync/publications',
    PublicationPart,
    (worker, body) => {
      onlyPublisher(worker);
      return registry.takePart(body);
    },
    { 200: PartTaken },
  );

  if (listener === 'tcp') {
    app.route({
      method: 'POST',
      url: `${WORKER_PREFIX}/enrol`,
      schema: { hide: true, body: EnrolRequest, response: { 200: EnrolResponse } },
      handler: (request) => control.enrolments.enrol((request.body as z.output<typeof EnrolRequest>).token, request.ip),
    });
  }

  onAttempt('POST', '/heartbeat', {}, ({ call }) => attempts.heartbeat(call));
  onAttempt('POST', '/handback', {}, ({ call }) => attempts.handback(call));
  onAttempt('POST', '/events', { body: PhaseEvent }, ({ call, body }) => attempts.phase(call, body));
  onAttempt('POST', '/trees', { body: UsedTrees }, ({ call, body }) => attempts.trees(call, body));
  onAttempt('POST', '/version', { body: VersionRequest, response: { 200: VersionResponse } }, ({ call, body }) =>
    attempts.reserveVersion(call, body),
  );
  onAttempt('POST', '/result', { body: ResultRequest }, ({ call, body }) => attempts.result(call, body));
  onAttempt('POST', '/close', {}, ({ call }) => attempts.close(call));
  onAttempt('POST', '/commit', {}, ({ call }) => attempts.commit(call));

  onAttempt(
    'POST',
    '/log',
    { querystring: z.object({ offset: z.coerce.number().int().min(0) }), response: { 200: LogAppended } },
    async ({ call, request }) => {
      const { offset } = request.query as { offset: number };
      const bytes = await readBody(request.body, LOG_CHUNK_LIMIT);
      return attempts.appendLog(call, { offset, bytes, sha256: digestOf(request) });
    },
  );

  onAttempt(
    'PUT',
    '/files/:name',
    { params: z.object({ name: FileName }), response: { 200: FileStored } },
    ({ call, request }) => {
      const { name } = request.params as { name: string };
      return attempts.storeFile(call, name, digestOf(request), asStream(request.body));
    },
  );

  app.route({
    method: 'GET',
    url: `${WORKER_PREFIX}/attempts/:attempt/import`,
    schema: { hide: true, params: z.object({ attempt: Id }), querystring: z.object({ path: z.string() }) },
    handler: async (request, reply) => {
      const worker = await identifyWorker(control, listener, request);
      onlyPublisher(worker);
      const { attempt } = request.params as { attempt: string };
      const { path } = request.query as { path: string };
      const { location, instance } = await attempts.importOrigin({ worker, attempt, fence: fenceOf(request) });
      const [, from = '0'] = /^bytes=(\d{1,15})-$/.exec(request.headers.range ?? '') ?? [];
      const allowPrivate = config.instances.some(
        ({ id, allowPrivateSources }) => id === instance && allowPrivateSources,
      );
      return sendOrigin(reply, { location, path, from: Number(from), allowPrivate });
    },
  });

  app.route({
    method: 'GET',
    url: `${WORKER_PREFIX}/blobs/:sha256`,
    schema: { hide: true, params: z.object({ sha256: Digest }), querystring: z.object({ attempt: Id }) },
    handler: async (request, reply) => {
      const worker = await identifyWorker(control, listener, request);
      const { attempt } = request.query as { attempt: string };
      const { sha256 } = request.params as { sha256: string };
      const { size } = await attempts.blob({ worker, attempt, fence: fenceOf(request) }, sha256);
      return sendBytes(request, reply, {
        size,
        etag: `"${sha256}"`,
        type: 'application/octet-stream',
        cacheControl: 'private, immutable',
        open: (range) => openBlob(sha256, range),
      });
    },
  });
}

/** A call about the attempt of the path. */
export function attemptCall(worker: WorkerIdentity, request: FastifyRequest): AttemptCall {
  const { attempt } = request.params as { attempt: string };
  return { worker, attempt, fence: fenceOf(request) };
}

function fenceOf(request: FastifyRequest): number {
  const fence = Number(request.headers[FENCE_HEADER]);
  if (Number.isSafeInteger(fence) && fence > 0) return fence;
  throw new ProblemError('bad-request', `The header ${FENCE_HEADER} must carry the fence of the claim.`);
}

function digestOf(request: FastifyRequest): string {
  const digest = Digest.safeParse(request.headers[DIGEST_HEADER]);
  if (digest.success) return digest.data;
  throw new ProblemError('bad-request', `The header ${DIGEST_HEADER} must carry the sha256 of the body.`);
}
