import { type Agent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Failure } from '@fatbuildr/domain';
import { publicOnly, refusePrivateLiteral } from './public-address.ts';
import { StatusError } from './trouble.ts';

export interface DownloadRequest {
  url: string;
  /** The first byte that is wanted, 0 by default: what came before is there from an attempt that broke. */
  from?: number;
  /** Told of the byte with which the body really begins: servers need not care for what is wanted. */
  onBegin?: (from: number) => Promise<void>;
  /** Whether an https URL may lead to one that is not; so it is by default. */
  mayDowngrade?: boolean;
  /** Keeps connections for the next; none by default. */
  agentFor?: (url: URL) => Agent;
  /** For every host, or for these by name. */
  allowPrivate: boolean | readonly string[];
  /** Bytes. */
  maxBytes: number;
  /** How long (ms) the server may send nothing. */
  stallMs: number;
  lookup: LookupFunction;
  signal: AbortSignal;
  /** Takes the body; `total` is its size when the server said so. */
  onChunk: (chunk: Buffer, total: number | undefined) => Promise<void>;
}

const MAX_REDIRECTS = 5;

/**
 * One attempt to download a file over http(s); resolves when the body was complete.
 *
 * The address of each hop is checked as the first one's. Throws a {@link Failure} for what is refused, the network's own error for the rest.
 */
export async function download(asked: DownloadRequest): Promise<void> {
  let url = parseSourceUrl(asked.url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await send(url, asked);
    const status = answer.statusCode ?? 0;
    const { location } = answer.headers;
    if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) {
      answer.destroy();
      url = redirected(url, location, asked);
    } else if (status === 200 || (status === 206 && asked.from !== undefined)) {
      await asked.onBegin?.(status === 206 ? beginOf(answer) : 0);
      return receive(answer, asked);
    } else {
      answer.destroy();
      throw new StatusError(status, answer.statusMessage ?? '');
    }
  }
  throw new Failure('rejected', `${asked.url} leads through more than ${MAX_REDIRECTS} redirects`, {
    hint: 'Name the URL at which the file really lies.',
  });
}

function redirected(from: URL, location: string, { mayDowngrade = true }: DownloadRequest): URL {
  const to = parseSourceUrl(location, from);
  if (mayDowngrade || from.protocol === to.protocol || to.protocol === 'https:') return to;
  throw new Failure('rejected', `${from.href} redirects to ${to.href}, where nothing protects what is sent`, {
    hint: 'Name the URL at which it really lies, if you trust that.',
  });
}

/** The first byte of a part (RFC 9110, 14.4). */
function beginOf({ headers }: IncomingMessage): number {
  const [, begin] = /^bytes (\d{1,15})-/.exec(headers['content-range'] ?? '') ?? [];
  if (begin === undefined) throw new Error('the server sent a part, and does not say which');
  return Number(begin);
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

function send(url: URL, asked: DownloadRequest): Promise<IncomingMessage> {
  const { allowPrivate, lookup, stallMs, signal, from = 0, agentFor } = asked;
  const mayBePrivate = typeof allowPrivate === 'boolean' ? allowPrivate : allowPrivate.includes(url.hostname);
  if (!mayBePrivate) refusePrivateLiteral(url.hostname);
  const options: RequestOptions = {
    agent: agentFor?.(url) ?? false,
    lookup: mayBePrivate ? lookup : publicOnly(lookup),
    timeout: stallMs,
    signal,
    headers: {
      ...{ 'user-agent': 'fatbuildr', accept: '*/*', 'accept-encoding': 'identity' },
      ...(from > 0 ? { range: `bytes=${from}-` } : {}),
    },
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
    outgoing.end();
  });
}

async function receive(answer: IncomingMessage, { url, maxBytes, onChunk }: DownloadRequest): Promise<void> {
  const length = answer.headers['content-length'];
  const total = length === undefined ? undefined : Number(length);
  let received = 0;
  const tooLarge = (size: string): Failure =>
    new Failure('rejected', `${url} is larger than a source may be: ${size}, at most ${maxBytes} bytes`, {
      hint: 'Name a smaller source, or ask the administrator to raise the limit.',
    });
  if (total !== undefined && total > maxBytes) {
    answer.destroy();
    throw tooLarge(`${total} bytes`);
  }
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > maxBytes) throw tooLarge('the server goes on');
    await onChunk(chunk, total);
  }
}
