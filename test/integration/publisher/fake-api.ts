import { sendOrigin } from '@fatbuildr/api/src/http/import-origin.ts';
import {
  type FENCE_HEADER,
  newId,
  type PhaseEvent,
  PROBLEM_STATUS,
  type ProblemError,
  type ProblemKind,
  type PublicationPart,
  type PublisherOrder,
  problemType,
  type RegisterRequest,
  type ResultRequest,
  type SyncRequest,
  WORKER_PREFIX,
} from '@fatbuildr/domain';
import { openTickets } from '@fatbuildr/queue';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

/** A job as the api sees it. */
export interface SeenJob {
  id: string;
  task: string;
  order: PublisherOrder;
  attempts: string[];
  phases: string[];
  /** Of its last attempt. */
  log: string;
  /** Every result that was taken. */
  results: ResultRequest[];
  handedBack: number;
  /** Fulfilled when an attempt closed it. */
  over: Promise<ResultRequest>;
}

/** The publisher's side of the api, in memory, on a Unix socket, with tickets through Redis. */
export interface FakeApi {
  registrations: RegisterRequest[];
  syncs: SyncRequest[];
  /** Every part of a publication that it was told of. */
  told: PublicationPart[];
  /** Distributions of which it takes no publication. */
  refused: Set<string>;
  submit(order: PublisherOrder): Promise<SeenJob>;
  /** From now on this call is received and never answered; resolves when one came. */
  hang(call: 'result' | 'commit'): Promise<void>;
  /** Answers again. */
  answer(): void;
  close(): Promise<void>;
}

type Job = SeenJob & {
  fence: number;
  /** Whether the publisher that registered last works on it. */
  live: boolean;
  close: (result: ResultRequest) => void;
};

export async function startFakeApi(socket: string, redis: string): Promise<FakeApi> {
  const tickets = openTickets({ redis, onError: () => {} });
  const jobs = new Map<string, Job>();
  /** A job is given a new one each time: an old one may be locked for seconds by a publisher that died with it. */
  const jobOfTicket = new Map<string, Job>();
  const registrations: RegisterRequest[] = [];
  const syncs: SyncRequest[] = [];
  const told: PublicationPart[] = [];
  const refused = new Set<string>();
  const known = new Map<string, number>();
  const nameOf = (instance: string, distribution: string) => `${instance}/${distribution}`;
  let hanging: { call: string; came: () => void } | undefined;
  const app = fastify();
  app.addContentTypeParser('application/octet-stream', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );

  async function issue(job: Job): Promise<void> {
    job.fence += 1;
    const ticket = newId();
    jobOfTicket.set(ticket, job);
    await tickets.issue('publisher', ticket);
  }

  function problem(reply: FastifyReply, kind: ProblemKind, detail: string = kind): FastifyReply {
    const status = PROBLEM_STATUS[kind];
    return reply.status(status).send({ type: problemType(kind), title: kind, status, detail });
  }

  /** The job of a call about an attempt. */
  function jobOf(request: FastifyRequest): Job {
    const { attempt } = request.params as { attempt: string };
    const job = [...jobs.values()].find(({ attempts }) => attempts.includes(attempt));
    if (!job) throw new Error(`unknown attempt ${attempt}`);
    return job;
  }

  app.register(
    async (api) => {
      api.addHook('preHandler', async (request, reply) => {
        const fence = request.headers['fatbuildr-fence' satisfies typeof FENCE_HEADER];
        if (fence !== undefined && Number(fence) !== jobOf(request).fence) return problem(reply, 'stale-fence');
        if (!hanging || !request.url.endsWith(`/${hanging.call}`)) return undefined;
        hanging.came();
        return new Promise(() => {});
      });
      api.post('/register', async (request) => {
        const registration = request.body as RegisterRequest;
        registrations.push(registration);
        for (const job of jobs.values()) {
          const last = job.attempts.at(-1);
          job.live = last !== undefined && registration.liveAttempts.includes(last);
          if (job.live) continue;
          const [result] = job.results;
          if (result) job.close(result);
          else await issue(job);
        }
        return { worker: newId(), queues: ['publisher'], heartbeatMs: 200, leaseMs: 5000, stale: [] };
      });
      api.post('/report', async (_request, reply) => reply.status(204).send());
      api.post('/sync', async (request) => {
        const sync = request.body as SyncRequest;
        syncs.push(sync);
        const { instance, repositories } = sync;
        return {
          repositories: repositories.map(({ format, distribution }) => ({
            ...{ format, distribution },
            known: known.get(nameOf(instance, distribution)) ?? 0,
          })),
        };
      });
      api.post('/sync/publications', async (request, reply) => {
        const part = request.body as PublicationPart;
        if (refused.has(part.distribution)) return problem(reply, 'too-large');
        told.push(part);
        if (part.files) known.set(nameOf(part.instance, part.distribution), part.revision);
        return { known: known.get(nameOf(part.instance, part.distribution)) ?? 0 };
      });
      api.post('/claims', async (request, reply) => {
        const job = jobOfTicket.get((request.body as { job: string }).job);
        if (!job || job.live || job.results.length > 0) return problem(reply, 'claim-refused');
        const attempt = newId();
        job.live = true;
        job.attempts.push(attempt);
        job.log = '';
        job.fence += 1;
        return { attempt, job: job.id, task: job.task, fence: job.fence, leaseMs: 5000, order: job.order };
      });
      const onAttempt = (call: string, handle: (job: Job, request: FastifyRequest) => unknown) =>
        api.post(`/attempts/:attempt/${call}`, async (request, reply) => {
          const answer = await handle(jobOf(request), request);
          return answer === undefined ? reply.status(204).send() : answer;
        });
      api.get('/attempts/:attempt/import', (request, reply) => {
        const { order } = jobOf(request);
        if (order.kind !== 'registry-import') throw new Error('it imports nothing');
        const { path } = request.query as { path: string };
        const { location } = order.source;
        const asked = { location, path, from: 0, allowPrivate: order.instance === 'default' };
        return sendOrigin(reply, asked).catch(({ kind, message }: ProblemError) => problem(reply, kind, message));
      });
      onAttempt('heartbeat', () => undefined);
      onAttempt('commit', () => undefined);
      onAttempt('events', (job, { body }) => {
        const { phase, event } = body as PhaseEvent;
        job.phases.push(`${event} ${phase}`);
      });
      onAttempt('log', (job, { body }) => {
        job.log += body as string;
        return { length: Buffer.byteLength(job.log) };
      });
      onAttempt('result', (job, { body }) => {
        job.results.push(body as ResultRequest);
        return {};
      });
      onAttempt('handback', (job) => {
        job.handedBack += 1;
      });
      onAttempt('close', (job) => job.close(job.results[0] as ResultRequest));
    },
    { prefix: WORKER_PREFIX },
  );
  await app.listen({ path: socket });

  return {
    registrations,
    syncs,
    told,
    refused,
    async submit(order) {
      const { promise, resolve } = Promise.withResolvers<ResultRequest>();
      const job: Job = {
        ...{ id: newId(), task: newId(), order, fence: 0, attempts: [], phases: [], log: '', results: [] },
        ...{ handedBack: 0, over: promise, live: false, close: resolve },
      };
      jobs.set(job.id, job);
      await issue(job);
      return job;
    },
    hang(call) {
      return new Promise((came) => {
        hanging = { call, came };
      });
    },
    answer() {
      hanging = undefined;
    },
    async close() {
      app.server.closeAllConnections();
      await app.close();
      await tickets.close();
    },
  };
}
