import type { IncomingMessage, RequestOptions, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer, Fetch, FetchInit } from './fetch.ts';

const WITHOUT_BODY = [204, 304];

/**
 * `fetch` over a Unix socket, as far as our clients need it. Without a name for TLS, or Node takes 3 ms to find out that
 * the host is none.
 */
export function unixFetch(socketPath: string): Fetch {
  return (url, init = {}) => exchange({ socketPath, servername: '' }, new URL(url), init);
}

/**
 * `fetch` as far as our clients need it, with bodies that are streams sent as fast as they are taken: that of Node reads
 * the whole of one into memory first.
 */
export function streamingFetch(): Fetch {
  return (address, init = {}) => {
    const url = new URL(address);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return exchange({ host, port: url.port }, url, init);
  };
}

/** Not imported: the names that an import binds include WebSocket, and the whole of `fetch` is loaded for its sake. */
function requestOf(protocol: string): typeof request {
  return process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http').request;
}

function exchange(
  target: Pick<RequestOptions, 'socketPath' | 'host' | 'port'> & { servername?: string },
  url: URL,
  { method = 'GET', headers, body, signal }: FetchInit,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isWhole = typeof body === 'string' || body instanceof Uint8Array;
    const sent = requestOf(url.protocol)(
      {
        ...target,
        path: url.pathname + url.search,
        method,
        headers: {
          host: url.host,
          ...(isWhole ? { 'content-length': Buffer.byteLength(body) } : {}),
          ...headers,
        },
        ...(signal ? { signal } : {}),
      },
      (response) => resolve(answerOf(response)),
    );
    sent.on('error', reject);
    if (body === undefined || isWhole) sent.end(body);
    // An answer that comes before the end of the body, a refusal, counts: then nobody waits for this any more.
    else pipeline(Readable.fromWeb(body as never), sent).catch(reject);
  });
}

function answerOf(response: IncomingMessage): Answer {
  const { statusCode: status = 500, statusMessage: statusText = '', headers } = response;
  if (WITHOUT_BODY.includes(status)) response.resume();
  const bytes = async () => Buffer.concat(await response.toArray());
  const text = async () => (await bytes()).toString();
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText,
    headers: { get: (name) => [headers[name] ?? null].flat().join(', ') || null },
    get body() {
      return WITHOUT_BODY.includes(status) ? null : (Readable.toWeb(response) as Answer['body']);
    },
    arrayBuffer: async () => new Uint8Array(await bytes()).buffer,
    text,
    json: async () => JSON.parse(await text()),
  };
}
