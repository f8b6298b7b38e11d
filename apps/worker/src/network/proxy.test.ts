import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createContentCache } from './content-cache.ts';
import type { FetchRecord } from './fetch-record.ts';
import { loopbackServer, temporaryDirectory } from './loopback.ts';
import { createJobProxy, type JobProxyOptions } from './proxy.ts';

const cleanUp: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

/** A proxy before an upstream that answers with `answer`; the rules allow its `/debian/`. */
async function farm(answer: RequestListener, options: Partial<JobProxyOptions> = {}) {
  const upstream = await loopbackServer(answer);
  const directory = await temporaryDirectory();
  const records: FetchRecord[] = [];
  const cache = createContentCache({ directory: directory.path, keepMs: 0 });
  const proxy = createJobProxy({
    allow: [{ url: `${upstream.url}/debian/` }],
    cache,
    onFetch: (record) => records.push(record),
    ...options,
  });
  const where = await proxy.listen({ host: '127.0.0.1', port: 0 });
  const port = 'port' in where ? where.port : 0;
  cleanUp.push(
    async () => directory[Symbol.asyncDispose](),
    async () => upstream[Symbol.asyncDispose](),
    () => proxy.close(),
  );
  const recorded = (count: number) => vi.waitFor(() => expect(records).toHaveLength(count));
  return { upstream, records, recorded, proxy, port, cache, cacheDirectory: directory.path };
}

interface Answer {
  status: number;
  reason: string;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(port: number, url: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: url, agent: false, ...options });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const head = { status: answer.statusCode ?? 0, reason: answer.statusMessage ?? '', headers: answer.headers };
      text(answer).then((body) => resolve({ ...head, body }), reject);
    });
    outgoing.end();
  });
}

const hello: RequestListener = (_request, response) => {
  response.setHeader('content-length', 5);
  response.end('hello');
};
const SHA256_OF_HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

describe('job proxy', () => {
  it('sends the credentials of a rule along, there and nowhere else', async () => {
    const seen: unknown[] = [];
    const own = await loopbackServer((incoming, response) => {
      seen.push([incoming.url, incoming.headers.authorization]);
      response.end();
    });
    cleanUp.push(async () => own[Symbol.asyncDispose]());
    const allow = [
      { url: `${own.url}/own/`, direct: true, authorization: 'Bearer host' },
      { url: `${own.url}/debian/` },
    ];
    const { port } = await farm(hello, { allow });
    await ask(port, `${own.url}/own/Release`);
    await ask(port, `${own.url}/debian/Release`);
    expect(seen).toEqual([
      ['/own/Release', 'Bearer host'],
      ['/debian/Release', undefined],
    ]);
  });

  it('forwards what a rule allows and records it', async () => {
    const { upstream, records, recorded, port } = await farm(hello);
    const url = `${upstream.url}/debian/dists/../InRelease`;
    expect(await ask(port, url)).toMatchObject({ status: 200, body: 'hello' });
    await recorded(1);
    expect(records[0]).toMatchObject({
      method: 'GET',
      url: `${upstream.url}/debian/InRelease`,
      status: 200,
      bytes: 5,
      sha256: SHA256_OF_HELLO,
      fromCache: false,
    });
    expect(upstream.asked).toEqual(['GET /debian/InRelease']);
  });

  it('refuses what no rule allows, says why and which setting would allow it, and asks nobody', async () => {
    const { upstream, records, recorded, port } = await farm(hello);
    const answer = await ask(port, `${upstream.url}/private/x`);
    expect(answer.status).toBe(403);
    expect(answer.reason).toContain('mirror');
    expect(answer.body).toContain(`GET ${upstream.url}/private/x`);
    expect(answer.body).toContain(`${upstream.url}/debian/`);
    expect(answer.body).toContain('`mirror`');
    await recorded(1);
    expect(records[0]).toMatchObject({
      status: 403,
      bytes: 0,
      sha256: null,
      error: expect.stringContaining('No rule'),
    });
    expect(upstream.asked).toEqual([]);
  });

  it.each([
    ['POST', '/debian/x', 'POST does not pass'],
    ['DELETE', '/debian/x', 'DELETE does not pass'],
    ['GET', '/debian/..%2fprivate', 'hides a separator'],
  ])('refuses %s %s', async (method, path, why) => {
    const { upstream, port } = await farm(hello);
    expect(await ask(port, upstream.url + path, { method })).toMatchObject({
      status: 403,
      body: expect.stringContaining(why),
    });
    expect(upstream.asked).toEqual([]);
  });

  it('refuses a request that is meant for a web server', async () => {
    const { port } = await farm(hello);
    expect(await ask(port, '/etc/passwd')).toMatchObject({
      status: 403,
      body: expect.stringContaining('This is a proxy'),
    });
  });

  it('lets no header of the job choose what the upstream sends', async () => {
    let seen: IncomingHttpHeaders = {};
    const { upstream, port } = await farm((incoming, response) => {
      seen = incoming.headers;
      response.end();
    });
    const headers = {
      host: 'other.test',
      authorization: 'Basic x',
      cookie: 'a',
      'accept-encoding': 'gzip',
      'user-agent': 'apt',
    };
    await ask(port, `${upstream.url}/debian/x`, { headers });
    expect(seen).toEqual({ host: new URL(upstream.url).host, 'user-agent': 'apt', connection: 'keep-alive' });
  });

  it('serves a package from the cache the second time', async () => {
    const { upstream, records, recorded, port } = await farm(hello);
    const url = `${upstream.url}/debian/pool/hello_1_amd64.deb`;
    await ask(port, url);
    await recorded(1);
    expect(await ask(port, url)).toMatchObject({ status: 200, body: 'hello', headers: { 'content-length': '5' } });
    await recorded(2);
    expect(upstream.asked).toHaveLength(1);
    expect(records[1]).toMatchObject({ bytes: 5, sha256: SHA256_OF_HELLO, fromCache: true });
  });

  it('caches no index that changes, no answer without length, and no package where names can be used again', async () => {
    const { upstream, recorded, port } = await farm(hello);
    for (const _ of [1, 2]) await ask(port, `${upstream.url}/debian/InRelease`);
    await recorded(2);
    expect(upstream.asked).toHaveLength(2);

    const chunked = await farm((_request, response) => void response.write('a', () => response.end('b')));
    for (const count of [1, 2]) {
      await ask(chunked.port, `${chunked.upstream.url}/debian/a.deb`);
      await chunked.recorded(count);
    }
    expect(chunked.upstream.asked).toHaveLength(2);
    expect(chunked.records[1]?.sha256).toMatch(/^[0-9a-f]{64}$/);

    const own = await loopbackServer(hello);
    cleanUp.push(async () => own[Symbol.asyncDispose]());
    const mutable = await farm(hello, { allow: [{ url: own.url, mutable: true }] });
    for (const count of [1, 2]) {
      await ask(mutable.port, `${own.url}/pool/a.deb`);
      await mutable.recorded(count);
    }
    expect(own.asked).toHaveLength(2);
  });

  it('keeps nothing under a by-hash name that is not its hash', async () => {
    const { upstream, recorded, port } = await farm(hello);
    const wrong = `${upstream.url}/debian/by-hash/SHA256/${'0'.repeat(64)}`;
    const right = `${upstream.url}/debian/by-hash/SHA256/${SHA256_OF_HELLO}`;
    for (const [index, url] of [wrong, wrong, right, right].entries()) {
      await ask(port, url);
      await recorded(index + 1);
    }
    expect(upstream.asked).toHaveLength(3);
  });

  it('passes ranges and conditions on, and caches none of their answers', async () => {
    const seen: unknown[] = [];
    const { upstream, recorded, port } = await farm((incoming, response) => {
      seen.push(incoming.headers.range ?? incoming.headers['if-none-match'] ?? incoming.headers['if-modified-since']);
      response.writeHead(incoming.headers.range === undefined ? 304 : 206, { etag: '"x"' });
      response.end(incoming.headers.range === undefined ? undefined : 'llo');
    });
    const url = `${upstream.url}/debian/a.deb`;
    expect(await ask(port, url, { headers: { range: 'bytes=2-' } })).toMatchObject({ status: 206, body: 'llo' });
    expect(await ask(port, url, { headers: { 'if-none-match': '"x"' } })).toMatchObject({ status: 304 });
    expect(await ask(port, url, { headers: { 'if-modified-since': 'now' } })).toMatchObject({
      headers: { etag: '"x"' },
    });
    await recorded(3);
    expect(seen).toEqual(['bytes=2-', '"x"', 'now']);
  });

  it('hands redirects to the job and judges their target when asked', async () => {
    const { upstream, port } = await farm((_request, response) => {
      response.writeHead(302, { location: '/private/x' });
      response.end();
    });
    expect(await ask(port, `${upstream.url}/debian/x`)).toMatchObject({
      status: 302,
      headers: { location: '/private/x' },
    });
    expect(await ask(port, `${upstream.url}/private/x`)).toMatchObject({ status: 403 });
    expect(upstream.asked).toHaveLength(1);
  });

  it('answers HEAD without a body', async () => {
    const { upstream, records, recorded, port } = await farm(hello);
    const answer = await ask(port, `${upstream.url}/debian/a.deb`, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'content-length': '5' } });
    await recorded(1);
    expect(records[0]).toMatchObject({ method: 'HEAD', bytes: 0, sha256: null });
  });

  it('shows a truncated answer to the job as truncated, and does not keep it', async () => {
    const { upstream, records, recorded, port, cacheDirectory } = await farm((incoming, response) => {
      response.setHeader('content-length', 1_000);
      response.write('part', () => setTimeout(() => incoming.socket.destroy(), 30));
    });
    await expect(ask(port, `${upstream.url}/debian/a.deb`)).rejects.toThrow(/aborted|hang up/);
    await recorded(1);
    expect(records[0]).toMatchObject({
      status: 200,
      bytes: 4,
      sha256: null,
      error: expect.stringContaining('broke off'),
    });
    for (const folder of ['sha256', 'names', 'partial'])
      expect(await readdir(join(cacheDirectory, folder))).toEqual([]);
  });

  it('goes on when the cache cannot be written', async () => {
    const warn = vi.fn();
    const cache = createContentCache({ directory: '/dev/null/cache' });
    const { upstream, records, recorded, port } = await farm(hello, {
      cache: { ...cache, find: async () => undefined },
      log: { warn },
    });
    expect(await ask(port, `${upstream.url}/debian/a.deb`)).toMatchObject({ status: 200, body: 'hello' });
    await recorded(1);
    expect(records[0]?.sha256).toBe(SHA256_OF_HELLO);
    expect(warn).toHaveBeenCalledOnce();
  });

  it('lets go of the upstream when the job leaves in the middle', async () => {
    const upstreamClosed = vi.fn();
    const { upstream, records, recorded, port, cacheDirectory } = await farm((incoming, response) => {
      incoming.socket.on('close', upstreamClosed);
      response.setHeader('content-length', 1e9);
      response.write('start');
    });
    const outgoing = request({ host: '127.0.0.1', port, path: `${upstream.url}/debian/a.deb` });
    outgoing.on('error', () => {});
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    await once(answer, 'data');
    answer.on('error', () => {});
    outgoing.destroy();
    await recorded(1);
    expect(records[0]).toMatchObject({ bytes: 5, sha256: null, error: 'the job closed the connection' });
    await vi.waitFor(() => expect(upstreamClosed).toHaveBeenCalled());
    expect(await readdir(join(cacheDirectory, 'partial'))).toEqual([]);
  });

  it('answers 502 with the reason when nothing listens upstream', async () => {
    const { port, records, recorded } = await farm(hello, { allow: [{ url: 'http://127.0.0.1:1/' }] });
    const answer = await ask(port, 'http://127.0.0.1:1/x.deb');
    expect(answer).toMatchObject({ status: 502, body: expect.stringContaining('ECONNREFUSED') });
    await recorded(1);
    expect(records[0]).toMatchObject({ status: 502, error: expect.stringContaining('ECONNREFUSED') });
  });

  it('answers 504 when the upstream is silent, and breaks off when it falls silent', async () => {
    const { upstream, port, records, recorded } = await farm(
      (incoming, response) => {
        if (incoming.url?.endsWith('.deb')) response.writeHead(200, { 'content-length': 9 }).write('part');
      },
      { timeoutMs: 50 },
    );
    expect(await ask(port, `${upstream.url}/debian/x`)).toMatchObject({
      status: 504,
      body: expect.stringContaining('0.05 s'),
    });
    await expect(ask(port, `${upstream.url}/debian/x.deb`)).rejects.toThrow(/aborted|hang up/);
    await recorded(2);
    expect(records[1]?.error).toContain('no answer for 0.05 s');
  });

  it('listens on a Unix socket too, and ends every connection when closed', async () => {
    const { upstream, proxy, records, cacheDirectory } = await farm(
      (_request, response) => void response.write('on and on'),
    );
    const path = join(cacheDirectory, 'proxy.sock');
    expect(await proxy.listen({ path })).toEqual({ path });
    const socket = connect(path);
    socket.on('error', () => {});
    socket.write(`GET ${upstream.url}/debian/x HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    const ended = once(socket, 'close');
    await proxy.close();
    await ended;
    expect(records).toHaveLength(1);
    await expect(once(connect(path), 'connect')).rejects.toThrow('ENOENT');
  });
});

describe('job proxy, CONNECT', () => {
  async function echoServer(): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.on('error', () => {}).pipe(socket)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUp.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }

  function tunnelTo(port: number, target: string): Socket {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    return socket;
  }

  it('opens a tunnel to the host of an https rule and records the host only', async () => {
    const echo = await echoServer();
    const { port, records, recorded } = await farm(hello, { allow: [{ url: `https://127.0.0.1:${echo}/` }] });
    const socket = tunnelTo(port, `127.0.0.1:${echo}`);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
    socket.write('ping');
    expect(String((await once(socket, 'data'))[0])).toBe('ping');
    socket.end();
    await recorded(1);
    expect(records[0]).toMatchObject({
      method: 'CONNECT',
      url: `127.0.0.1:${echo}`,
      status: 200,
      bytes: 4,
      sha256: null,
    });
  });

  it('refuses any other tunnel, also to a host that only http is allowed to', async () => {
    const echo = await echoServer();
    const { port, records } = await farm(hello, { allow: [{ url: `http://127.0.0.1:${echo}/` }] });
    const answer = await text(tunnelTo(port, `127.0.0.1:${echo}`));
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain('`mirror`');
    expect(records[0]).toMatchObject({ method: 'CONNECT', status: 403 });
  });

  it('answers 502 when the host does not answer', async () => {
    const { port } = await farm(hello, { allow: [{ url: 'https://127.0.0.1:1/' }] });
    expect(await text(tunnelTo(port, '127.0.0.1:1'))).toMatch(/^HTTP\/1.1 502 [^]*ECONNREFUSED/);
  });

  it('ends tunnels when closed', async () => {
    const echo = await echoServer();
    const { port, proxy, records } = await farm(hello, { allow: [{ url: `https://127.0.0.1:${echo}/` }] });
    const socket = tunnelTo(port, `127.0.0.1:${echo}`);
    await once(socket, 'data');
    const ended = once(socket, 'close');
    await proxy.close();
    await ended;
    expect(records).toHaveLength(1);
  });

  it('goes through the upstream proxy, but for direct rules', async () => {
    const echo = await echoServer();
    const outer = await farm(hello, { allow: [{ url: 'http://mirror.test/' }, { url: `https://127.0.0.1:${echo}/` }] });
    const own = await loopbackServer(hello);
    cleanUp.push(async () => own[Symbol.asyncDispose]());
    const inner = await farm(hello, {
      allow: [{ url: 'http://mirror.test/' }, { url: own.url, direct: true }, { url: `https://127.0.0.1:${echo}/` }],
      upstreamProxy: `http://user:p%40ss@127.0.0.1:${outer.port}`,
    });
    expect(await ask(inner.port, 'http://mirror.test/x')).toMatchObject({ status: 502 });
    expect(await ask(inner.port, `${own.url}/x`)).toMatchObject({ status: 200 });
    const socket = tunnelTo(inner.port, `127.0.0.1:${echo}`);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
    await outer.recorded(2);
    expect(outer.records.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET http://mirror.test/x',
      `CONNECT 127.0.0.1:${echo}`,
    ]);
  });
});
