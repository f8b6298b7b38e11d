import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PROBLEM_STATUS, type ProblemError } from '@fatbuildr/domain';
import fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { type OriginRequest, sendOrigin } from './import-origin.ts';

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

/** What answers on loopback. @returns its URL */
async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function get(asked: Partial<OriginRequest> & { location: string }): Promise<{ status: number; text: string }> {
  const app = fastify();
  app.get('/', (_request, reply) =>
    sendOrigin(reply, { path: 'pool/a b+c.deb', from: 0, allowPrivate: true, ...asked }),
  );
  app.setErrorHandler((error, _request, reply) => {
    const { kind, message } = error as ProblemError;
    return reply.status(PROBLEM_STATUS[kind]).send(message);
  });
  const { statusCode, body } = await app.inject('/');
  await app.close();
  return { status: statusCode, text: body };
}

const body: RequestListener = (request, response) => {
  const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
  if (from > 9) response.writeHead(416).end();
  else if (from > 0) response.writeHead(206, { 'content-range': `bytes ${from}-9/10` }).end('0123456789'.slice(from));
  else response.end('0123456789');
};

test('passes bytes on, from where they are wanted, by names as they are', async () => {
  const asked: string[] = [];
  const location = await answering((request, response) => {
    asked.push(request.url ?? '');
    body(request, response);
  });
  expect(await get({ location: `${location}/debian` })).toEqual({ status: 200, text: '0123456789' });
  expect(asked).toEqual(['/debian/pool/a%20b%2Bc.deb']);
  expect(await get({ location, from: 4 })).toEqual({ status: 206, text: '456789' });
  expect(await get({ location, from: 10 })).toEqual({ status: 200, text: '0123456789' });
});

test('only public addresses, unless the instance may, also behind a redirect', async () => {
  const inner = await answering(body);
  expect(await get({ location: inner, allowPrivate: false })).toMatchObject({ status: 422 });
  // a connection that another instance left open is none for who may not make it
  const location = inner.replace('127.0.0.1', 'localhost');
  expect(await get({ location })).toMatchObject({ status: 200 });
  expect(await get({ location, allowPrivate: false })).toMatchObject({ status: 422 });
  const redirect = (location: string) => answering((_, response) => void response.writeHead(302, { location }).end());
  expect(await get({ location: await redirect(inner) })).toMatchObject({ status: 200 });
  expect(await get({ location: await redirect('file:///etc/passwd') })).toMatchObject({ status: 422 });
});

test.each([
  [404, 404],
  [403, 404],
  [500, 503],
  [401, 422],
])('an answer %i comes to %i', async (status, expected) => {
  const location = await answering((_, response) => void response.writeHead(status).end());
  expect(await get({ location })).toMatchObject({ status: expected });
});

test('no path leads above the location', async () => {
  for (const path of ['../x', 'a//b', '/etc', '', 'a/./b']) {
    expect(await get({ location: 'http://localhost:1', path })).toMatchObject({ status: 400 });
  }
});
