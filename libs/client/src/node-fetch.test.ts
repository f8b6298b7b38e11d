import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { FetchInit } from './fetch.ts';
import { streamingFetch } from './node-fetch.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Starts a server whose answer is what `answer` makes of a request; returns its URL. */
async function serve(answer: (request: IncomingMessage) => Promise<{ status: number; text: string }>): Promise<string> {
  server = createServer((request, response) => {
    void answer(request).then(({ status, text }) => response.writeHead(status).end(text));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const PIECE = Buffer.alloc(64 * 1024);

/** A body of `count` pieces, and how many of them were asked for. */
function body(count: number) {
  const made = { pieces: 0 };
  const source = new Readable({
    read() {
      this.push(made.pieces < count ? PIECE : null);
      made.pieces++;
    },
  });
  return { made, init: { method: 'PUT', body: Readable.toWeb(source) as Exclude<FetchInit['body'], undefined> } };
}

test('a stream is sent as fast as it is taken, and whole', async () => {
  const open = Promise.withResolvers<void>();
  const url = await serve(async (request) => {
    await open.promise;
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    return { status: 200, text: `${size}` };
  });
  const { made, init } = body(2000);
  const answer = streamingFetch()(url, init);
  await sleep(300);
  expect(made.pieces, 'what fits into sockets and buffers').toBeLessThan(500);
  open.resolve();
  expect(await (await answer).text()).toBe(`${2000 * PIECE.length}`);
});

test('a refusal before the end of the body is the answer', async () => {
  const url = await serve(async () => ({ status: 409, text: 'no' }));
  const response = await streamingFetch()(url, body(5).init);
  expect([response.status, await response.text()]).toEqual([409, 'no']);
});

test('text goes out and comes back; a server that is away is an error', async () => {
  const url = await serve(async (request) => ({ status: 200, text: `${request.method} ${request.headers['x-a']}` }));
  const response = await streamingFetch()(`${url}/path?q=1`, { method: 'POST', headers: { 'x-a': 'b' }, body: '{}' });
  expect(await response.text()).toBe('POST b');
  await expect(streamingFetch()('http://127.0.0.1:1/')).rejects.toThrow(/ECONNREFUSED/);
  await expect(streamingFetch()(url, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
});
