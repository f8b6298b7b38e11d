import { type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const WITHOUT_BODY = [204, 304];

/** `fetch` over a Unix socket, as far as our clients need it. */
export function unixFetch(socketPath: string): typeof globalThis.fetch {
  return (input, init = {}) => exchange(request, { socketPath }, urlOf(input), init);
}

/**
 * `fetch` as far as our clients need it, with bodies that are streams sent as fast as they are taken: that of Node reads
 * the whole of one into memory first.
 */
export function streamingFetch(): typeof globalThis.fetch {
  return (input, init = {}) => {
    const url = urlOf(input);
    const { hostname, port } = url;
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    return exchange(url.protocol === 'https:' ? requestTls : request, { host, port }, url, init);
  };
}

function urlOf(input: Parameters<typeof globalThis.fetch>[0]): URL {
  return new URL(input instanceof Request ? input.url : input);
}

function exchange(
  begin: typeof request,
  target: Pick<RequestOptions, 'socketPath' | 'host' | 'port'>,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const body = init.body as string | Uint8Array | ReadableStream | null | undefined;
    const isStream = body instanceof ReadableStream;
    const sent = begin(
      {
        ...target,
        path: url.pathname + url.search,
        method: init.method ?? 'GET',
        headers: {
          host: url.host,
          ...(body === undefined || body === null || isStream ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...Object.fromEntries(new Headers(init.headers)),
        },
        ...(init.signal ? { signal: init.signal } : {}),
      },
      (response) => {
        const status = response.statusCode ?? 500;
        const headers = new Headers();
        for (const [name, value] of Object.entries(response.headers)) {
          for (const one of [value ?? []].flat()) headers.append(name, one);
        }
        if (WITHOUT_BODY.includes(status)) response.resume();
        const stream = WITHOUT_BODY.includes(status) ? null : (Readable.toWeb(response) as ReadableStream);
        const { statusMessage: statusText = '' } = response;
        resolve(new Response(stream, { status, statusText, headers }));
      },
    );
    sent.on('error', reject);
    if (!isStream) sent.end(body ?? undefined);
    // An answer that comes before the end of the body, a refusal, counts: then nobody waits for this any more.
    else pipeline(Readable.fromWeb(body as never), sent).catch(reject);
  });
}
