import { request } from 'node:http';
import { Readable } from 'node:stream';

const WITHOUT_BODY = [204, 304];

/** `fetch` over a Unix socket, as far as our clients need it: text or bytes as body, streams as answer. */
export function unixFetch(socketPath: string): typeof globalThis.fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const body = init.body as string | Uint8Array | undefined;
      const sent = request(
        {
          socketPath,
          path: url.pathname + url.search,
          method: init.method ?? 'GET',
          headers: {
            ...Object.fromEntries(new Headers(init.headers)),
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
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
          resolve(new Response(stream, { status, headers }));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
}
