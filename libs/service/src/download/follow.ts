import {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { Failure } from '@fatbuildr/domain';
import { publicOnly, refusePrivateLiteral } from './public-address.ts';

/** A request to a server of others. */
export interface OutwardRequest {
  /** `GET` by default. */
  method?: 'GET' | 'POST';
  headers?: OutgoingHttpHeaders;
  /** What is sent along. */
  body?: Readable;
  /** Keeps connections for the next; none by default. */
  agentFor?: (url: URL) => Agent;
  /** For every host, or for these by name. */
  allowPrivate: boolean | readonly string[];
  /** How long (ms) the server may send nothing. */
  stallMs: number;
  lookup: LookupFunction;
  signal: AbortSignal;
}

const MAX_REDIRECTS = 5;

/**
 * Sends a request, and follows where it is redirected to; resolves with the answer and where that came from. The address
 * of each hop is checked as the first one's.
 *
 * Throws a {@link Failure} for what is refused, the network's own error for the rest.
 */
export async function follow(
  first: URL,
  request: OutwardRequest & { mayDowngrade?: boolean },
): Promise<{ url: URL; answer: IncomingMessage }> {
  let url = first;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await send(url, request);
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return { url, answer };
    answer.destroy();
    url = redirected(url, location, request);
  }
  throw new Failure('rejected', `${first.href} leads through more than ${MAX_REDIRECTS} redirects`, {
    hint: 'Name the URL at which the file really lies.',
  });
}

function redirected(from: URL, location: string, { mayDowngrade = true }: { mayDowngrade?: boolean }): URL {
  const to = parseSourceUrl(location, from);
  if (mayDowngrade || from.protocol === to.protocol || to.protocol === 'https:') return to;
  throw new Failure('rejected', `${from.href} redirects to ${to.href}, where nothing protects what is sent`, {
    hint: 'Name the URL at which it really lies, if you trust that.',
  });
}

/** Throws a {@link Failure} for anything that is not an http or https URL. */
export function parseSourceUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  const from = base === undefined ? '' : `, to which ${base.href} redirects,`;
  throw new Failure('rejected', `the source ${text}${from} is not an http or https URL`, {
    hint: 'Name an http or https URL; a file of your own can be put into the source cache.',
  });
}

/** Sends one request; resolves with the head of the answer, a redirect too. Throws as {@link follow} does. */
export function send(url: URL, request: OutwardRequest): Promise<IncomingMessage> {
  const { method = 'GET', headers, body, allowPrivate, lookup, stallMs, signal, agentFor } = request;
  const mayBePrivate = typeof allowPrivate === 'boolean' ? allowPrivate : allowPrivate.includes(url.hostname);
  if (!mayBePrivate) refusePrivateLiteral(url.hostname);
  const options: RequestOptions = {
    agent: agentFor?.(url) ?? false,
    lookup: mayBePrivate ? lookup : publicOnly(lookup),
    timeout: stallMs,
    signal,
    method,
    headers: { 'user-agent': 'fatbuildr', accept: '*/*', 'accept-encoding': 'identity', ...headers },
  };
  return new Promise((resolve, reject) => {
    let answer: IncomingMessage | undefined;
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options);
    outgoing.on('timeout', () => {
      const error = new Error(`the server sent nothing for ${stallMs / 1000} s`);
      (answer ?? outgoing).destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      answer = incoming;
      resolve(incoming);
    });
    // What goes wrong is told by the request itself.
    if (body) pipeline(body, outgoing, () => {});
    else outgoing.end();
  });
}
