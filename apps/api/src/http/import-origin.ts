import { lookup } from 'node:dns';
import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { PassThrough } from 'node:stream';
import { Failure, ProblemError } from '@fatbuildr/domain';
import { download, StatusError, troubleOf } from '@fatbuildr/service';
import type { FastifyReply } from 'fastify';

/** What is wanted of a repository that is taken over. */
export interface OriginRequest {
  /** `http://` or `https://`, a plain place. */
  location: string;
  /** Below the location. */
  path: string;
  /** The first byte that is wanted. */
  from: number;
  /** Whether the server may be at an address that is not public. */
  allowPrivate: boolean;
}

/** What servers answer for a file that they do not have; object stores that do not list say 403. */
const ABSENT = [403, 404, 410];
/** There is nothing from the byte on that was asked for. */
const NO_SUCH_RANGE = 416;
/** How long (ms) a server may send nothing. */
const STALL_MS = 30_000;

/** A connection that is kept was checked when it was made: where all addresses may be asked, and where only public ones. */
const agents = () => {
  const [plain, secure] = [new HttpAgent({ keepAlive: true }), new HttpsAgent({ keepAlive: true })];
  return ({ protocol }: URL) => (protocol === 'https:' ? secure : plain);
};
const [anywhere, inPublic] = [agents(), agents()];

/**
 * Passes on bytes of another's repository to the publisher, which has no network of its own. Redirects are followed, to
 * public addresses and not from https to http.
 *
 * @throws ProblemError `not-found` when there is no such file; `unavailable` for what may pass; `unprocessable`
 */
export async function sendOrigin(reply: FastifyReply, asked: OriginRequest): Promise<FastifyReply> {
  const url = urlOf(asked);
  const stop = new AbortController();
  const body = new PassThrough();
  const begun = Promise.withResolvers<number>();
  reply.raw.once('close', () => stop.abort());
  const over = download({
    ...{ url, from: asked.from, allowPrivate: asked.allowPrivate, mayDowngrade: false, lookup },
    ...{ maxBytes: Number.MAX_SAFE_INTEGER, stallMs: STALL_MS, signal: stop.signal },
    agentFor: asked.allowPrivate ? anywhere : inPublic,
    onBegin: async (from) => begun.resolve(from),
    async onChunk(chunk) {
      if (!body.write(chunk)) await once(body, 'drain', { signal: stop.signal });
    },
  });
  over.then(
    () => body.end(),
    (error: Error) => {
      begun.reject(error);
      body.destroy(error);
    },
  );
  body.on('error', () => {});
  let from: number;
  try {
    from = await begun.promise;
  } catch (error) {
    if (error instanceof StatusError && error.status === NO_SUCH_RANGE) return sendOrigin(reply, { ...asked, from: 0 });
    throw problemOf(error, url);
  }
  // Where it ends is not known yet, and the publisher asks for no more than where it begins.
  if (from > 0) reply.status(206);
  return reply.type('application/octet-stream').send(body);
}

function urlOf({ location, path }: OriginRequest): string {
  const steps = path.split('/');
  if (path.length > 1024 || steps.some((step) => ['', '.', '..'].includes(step))) {
    throw new ProblemError('bad-request', 'The path must be one that stays below the location.');
  }
  const base = location.endsWith('/') ? location : `${location}/`;
  return new URL(steps.map(encodeURIComponent).join('/'), base).href;
}

function problemOf(error: unknown, url: string): ProblemError {
  if (error instanceof StatusError && ABSENT.includes(error.status)) {
    return new ProblemError('not-found', `${url}: ${error.message}`);
  }
  if (error instanceof Failure) {
    return new ProblemError('unprocessable', error.message, error.hint ? { hint: error.hint } : {});
  }
  const { mayPass, text } = troubleOf(error);
  return new ProblemError(mayPass ? 'unavailable' : 'unprocessable', `${url} could not be fetched: ${text}`);
}
