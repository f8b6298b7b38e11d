import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type ChangelogEntry,
  DIGEST_HEADER,
  FENCE_HEADER,
  type FileRef,
  newId,
  type PhaseEvent,
  PROBLEM_STATUS,
  type ProblemKind,
  problemType,
  type RegisterRequest,
  type ResultRequest,
  WORKER_PREFIX,
  type WorkerOrder,
} from '@fatbuildr/domain';
import type { Puller } from '@fatbuildr/worker/src/loop.ts';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

/** What became of one attempt, as the api sees it. */
export interface SeenAttempt {
  id: string;
  order: WorkerOrder;
  events: PhaseEvent[];
  log: Buffer;
  files: Map<string, FileRef>;
  result: ResultRequest | undefined;
  trees: { image: string | null; environment: string | null } | undefined;
  handedBack: boolean;
  /** Fulfilled when it was closed or handed back. */
  closed: Promise<void>;
}

/** The worker protocol in memory, with tickets that come straight from `submit`. */
export interface FakeApi {
  url: string;
  registrations: RegisterRequest[];
  /** A blob that orders may name, out of a file or a text. */
  addFile(path: string): Promise<FileRef>;
  addText(name: string, content: string | Buffer): Promise<FileRef>;
  submit(order: WorkerOrder): Promise<SeenAttempt>;
  openPuller(): Puller;
  /** Where uploaded files are. */
  stored: string;
  /** What is served as `/default/deb/`. */
  repository: string;
  /** From now on every call about this attempt is answered `stale-fence`. */
  takeAway(attempt: SeenAttempt): void;
  close(): Promise<void>;
}

const FENCE = '7';

export async function startFakeApi(directory: string): Promise<FakeApi> {
  const stored = join(directory, 'files');
  const repository = join(directory, 'repository');
  const blobs = new Map<string, string>();
  await mkdir(stored, { recursive: true });
  const attempts = new Map<string, SeenAttempt & { close: () => void; stale: boolean }>();
  const tickets: string[] = [];
  const claimed = new Map<string, (seen: SeenAttempt) => void>();
  const orders = new Map<string, WorkerOrder>();
  const registrations: RegisterRequest[] = [];
  let wake = Promise.withResolvers<void>();

  const app = fastify({ bodyLimit: 1 << 30 });
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

  function problem(reply: FastifyReply, kind: ProblemKind, members: object = {}): FastifyReply {
    const status = PROBLEM_STATUS[kind];
    return reply.status(status).send({ type: problemType(kind), title: kind, status, ...members });
  }

  app.register(
    async (worker) => {
      worker.addHook('onRequest', async (request, reply) => {
        if (request.headers.authorization !== 'Bearer s3cret') return problem(reply, 'not-authenticated');
        const { attempt } = request.params as { attempt?: string };
        if (attempt === undefined) return undefined;
        const seen = attempts.get(attempt);
        if (!seen) return problem(reply, 'not-found');
        if (seen.stale || request.headers[FENCE_HEADER] !== FENCE) return problem(reply, 'stale-fence');
        return undefined;
      });
      const seen = (request: FastifyRequest) => {
        const found = attempts.get((request.params as { attempt: string }).attempt);
        if (!found) throw new Error('unknown attempt');
        return found;
      };
      worker.post('/register', async (request) => {
        registrations.push(request.body as RegisterRequest);
        return { worker: newId(), queues: ['default.deb.amd64'], heartbeatMs: 1000, leaseMs: 30_000, stale: [] };
      });
      worker.post('/report', async () => ({ paused: null }));
      worker.post('/claims', async (request, reply) => {
        const { job } = request.body as { job: string };
        const order = orders.get(job);
        if (!order) return problem(reply, 'claim-refused');
        const { promise, resolve } = Promise.withResolvers<void>();
        const attempt = {
          id: newId(),
          order,
          events: [],
          log: Buffer.alloc(0),
          files: new Map(),
          result: undefined,
          trees: undefined,
          handedBack: false,
          closed: promise,
          close: resolve,
          stale: false,
        };
        attempts.set(attempt.id, attempt);
        claimed.get(job)?.(attempt);
        return { attempt: attempt.id, job, task: newId(), fence: Number(FENCE), leaseMs: 30_000, order };
      });
      worker.get('/blobs/:sha256', async (request, reply) => {
        const path = blobs.get((request.params as { sha256: string }).sha256);
        return path ? reply.type('application/octet-stream').send(createReadStream(path)) : problem(reply, 'not-found');
      });
      worker.post('/attempts/:attempt/heartbeat', async (_request, reply) => reply.status(204).send());
      worker.post('/attempts/:attempt/handback', async (request, reply) => {
        seen(request).handedBack = true;
        seen(request).close();
        return reply.status(204).send();
      });
      worker.post('/attempts/:attempt/events', async (request, reply) => {
        seen(request).events.push(request.body as PhaseEvent);
        return reply.status(204).send();
      });
      worker.post('/attempts/:attempt/trees', async (request, reply) => {
        seen(request).trees = request.body as NonNullable<SeenAttempt['trees']>;
        return reply.status(204).send();
      });
      worker.post('/attempts/:attempt/log', async (request, reply) => {
        const attempt = seen(request);
        const chunks: Buffer[] = [];
        for await (const chunk of request.body as AsyncIterable<Buffer>) chunks.push(chunk);
        const chunk = Buffer.concat(chunks);
        const { length } = attempt.log;
        if (Number((request.query as { offset: string }).offset) !== length) {
          return problem(reply, 'log-offset', { length });
        }
        if (sha256(chunk) !== request.headers[DIGEST_HEADER]) return problem(reply, 'digest-mismatch');
        attempt.log = Buffer.concat([attempt.log, chunk]);
        return { length: attempt.log.length };
      });
      worker.post('/attempts/:attempt/version', async (request) => {
        const { main, release } = request.body as { main: string; release: string };
        const { order } = seen(request);
        if (order.kind !== 'build-deb' && order.kind !== 'build-rpm') throw new Error('only builds have a version');
        const fullRelease = `${release}.${order.target.tag}`;
        const entry: ChangelogEntry = {
          version: `${main}-${fullRelease}`,
          distribution: order.target.distribution,
          author: order.submitter,
          message: order.message,
          timestamp: order.submitted,
          taskId: newId(),
          instance: order.instance,
        };
        return { full: entry.version, fullRelease, changelog: [entry] };
      });
      worker.put('/attempts/:attempt/files/:name', async (request, reply) => {
        const name = basename((request.params as { name: string }).name);
        const path = join(stored, name);
        await writeFile(path, request.body as AsyncIterable<Buffer>);
        const file = await refOf(path);
        if (file.sha256 !== request.headers[DIGEST_HEADER]) return problem(reply, 'digest-mismatch');
        seen(request).files.set(name, file);
        return file;
      });
      worker.post('/attempts/:attempt/result', async (request) => {
        seen(request).result = request.body as ResultRequest;
        return {};
      });
      worker.post('/attempts/:attempt/close', async (request, reply) => {
        seen(request).close();
        return reply.status(204).send();
      });
    },
    { prefix: WORKER_PREFIX },
  );

  app.get('/default/deb/*', (request, reply) => {
    const path = join(repository, (request.params as { '*': string })['*']);
    return existsSync(path) ? reply.send(createReadStream(path)) : problem(reply, 'not-found');
  });

  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  return {
    url,
    registrations,
    stored,
    repository,
    async addFile(path) {
      const file = await refOf(path);
      blobs.set(file.sha256, path);
      return file;
    },
    async addText(name, content) {
      const path = join(directory, name);
      await writeFile(path, content);
      const file = await refOf(path);
      blobs.set(file.sha256, path);
      return file;
    },
    submit(order) {
      const job = newId();
      orders.set(job, order);
      tickets.push(job);
      wake.resolve();
      return new Promise((resolve) => claimed.set(job, resolve));
    },
    openPuller: () => ({
      async next(signal) {
        for (;;) {
          signal.throwIfAborted();
          const jobId = tickets.shift();
          if (jobId) return { jobId, complete: async () => {} };
          wake = Promise.withResolvers();
          const abort = () => wake.resolve();
          signal.addEventListener('abort', abort, { once: true });
          await wake.promise;
        }
      },
      async close() {},
    }),
    takeAway(attempt) {
      const found = attempts.get(attempt.id);
      if (found) found.stale = true;
    },
    close: () => app.close(),
  };
}

async function refOf(path: string): Promise<FileRef> {
  const { size } = await stat(path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return { name: basename(path), size, sha256: hash.digest('hex') };
}

function sha256(chunk: Buffer): string {
  return createHash('sha256').update(chunk).digest('hex');
}
