import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { dirname, join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fixedLookup, type LoopbackServer, loopbackServer, temporaryDirectory } from '../network/loopback.ts';
import { fetchSource, type SourceRequest } from './fetch-source.ts';
import { addSource, createSourceCache } from './source-cache.ts';

const BODY = 'the source archive';
const sha256 = digest('sha256', BODY);

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

const cleanUp: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of cleanUp.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

const archive: RequestListener = (_request, response) => {
  response.setHeader('content-length', BODY.length);
  response.end(BODY);
};

async function upstream(answer: RequestListener = archive): Promise<LoopbackServer> {
  const server = await loopbackServer(answer);
  cleanUp.push(server);
  return server;
}

async function newCache() {
  const directory = await temporaryDirectory();
  cleanUp.push(directory);
  const warn = vi.fn();
  return { directory: directory.path, warn, cache: createSourceCache({ directory: directory.path, log: { warn } }) };
}

/** Fetches `url` with loopback allowed and no waiting, unless told otherwise. */
async function get(url: string, changes: Partial<SourceRequest> = {}) {
  const cache = changes.cache ?? (await newCache()).cache;
  const defaults = {
    checksums: { sha256 },
    filename: 'hello-1.tar.gz',
    policy: { allowPrivate: true },
    backoffMs: [1, 1],
  };
  return fetchSource({ ...defaults, url, cache, ...changes });
}

async function failure(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw new Error(`not a Failure: ${String(error)}`, { cause: error });
  return error;
}

describe('fetchSource', () => {
  it('downloads, verifies and caches', async () => {
    const server = await upstream();
    const { cache, directory } = await newCache();
    const onProgress = vi.fn();
    const file = await get(`${server.url}/hello-1.tar.gz`, { cache, onProgress });
    expect(file).toEqual({
      sha256,
      size: BODY.length,
      path: join(directory, 'sources/sha256', sha256),
      fromCache: false,
    });
    expect(await readFile(file.path, 'utf8')).toBe(BODY);
    expect(onProgress).toHaveBeenLastCalledWith({ received: BODY.length, total: BODY.length });
  });

  it('asks the cache first and then no network at all', async () => {
    const server = await upstream();
    const { cache, directory } = await newCache();
    await get(server.url, { cache });
    const { lookup, asked } = fixedLookup({});
    const again = createSourceCache({ directory });
    expect(await get('http://elsewhere.test/x', { cache: again, lookup })).toMatchObject({ sha256, fromCache: true });
    expect(asked).toEqual([]);
    expect(server.asked).toHaveLength(1);
  });

  it('finds a source by a checksum that is not sha256', async () => {
    const server = await upstream();
    const { cache } = await newCache();
    const checksums = { sha512: digest('sha512', BODY), md5: digest('md5', BODY) };
    await get(server.url, { cache, checksums });
    expect(await get(server.url, { cache, checksums: { md5: checksums.md5 } })).toMatchObject({
      sha256,
      fromCache: true,
    });
    expect(server.asked).toHaveLength(1);
  });

  it('takes a file that was put into the cache by hand', async () => {
    const { cache, directory } = await newCache();
    const path = join(directory, 'by-hand.tar.gz');
    await writeFile(path, BODY);
    expect(await addSource(cache, path)).toMatchObject({ sha256, size: BODY.length });
    expect(await get('http://nowhere.test/x', { cache })).toMatchObject({ fromCache: true });
    expect(await readFile(path, 'utf8')).toBe(BODY);
  });

  it('drops a damaged file from the cache and downloads it again', async () => {
    const server = await upstream();
    const { cache, warn } = await newCache();
    const path = cache.pathOf(sha256);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'damaged');
    expect(await get(server.url, { cache })).toMatchObject({ fromCache: false });
    expect(warn).toHaveBeenCalledOnce();
    expect(await readFile(path, 'utf8')).toBe(BODY);
  });

  it('downloads once what several want at the same time', async () => {
    const server = await upstream();
    const { cache } = await newCache();
    const files = await Promise.all([1, 2, 3].map(() => get(server.url, { cache })));
    expect(new Set(files.map((file) => file.path)).size).toBe(1);
    expect(server.asked).toHaveLength(1);
  });

  it('refuses a wrong digest, shows both, and keeps nothing', async () => {
    const server = await upstream((_request, response) => response.end('something else'));
    const { cache, directory } = await newCache();
    const error = await failure(get(`${server.url}/hello-1.tar.gz`, { cache }));
    expect(error.outcome).toBe('rejected');
    for (const shown of [sha256, digest('sha256', 'something else'), server.url])
      expect(error.message).toContain(shown);
    expect(error.hint).toContain('artifact.yml');
    expect(server.asked).toHaveLength(1);
    for (const folder of ['sha256', 'partial']) expect(await readdir(join(directory, 'sources', folder))).toEqual([]);
  });

  it('refuses a cached file that another declared checksum contradicts', async () => {
    const server = await upstream();
    const { cache } = await newCache();
    await get(server.url, { cache });
    const error = await failure(get(server.url, { cache, checksums: { sha256, md5: '0'.repeat(32) } }));
    expect(error).toMatchObject({ outcome: 'rejected', message: expect.stringContaining(digest('md5', BODY)) });
  });

  it('tries again after a truncated body', async () => {
    let times = 0;
    const server = await upstream((request, response) => {
      response.setHeader('content-length', BODY.length);
      times += 1;
      if (times < 3) response.write(BODY.slice(0, 5), () => request.socket.destroy());
      else response.end(BODY);
    });
    expect(await get(server.url)).toMatchObject({ sha256 });
    expect(server.asked).toHaveLength(3);
  });

  it('gives up on bodies that stay truncated: the host is at fault', async () => {
    const server = await upstream((request, response) => {
      response.setHeader('content-length', BODY.length);
      response.write('x', () => request.socket.destroy());
    });
    const error = await failure(get(server.url));
    expect(error).toMatchObject({ outcome: 'infrastructure-failure', message: expect.stringContaining('3 attempts') });
  });

  it.each([
    [404, 'rejected', 1],
    [410, 'rejected', 1],
    [403, 'rejected', 1],
    [429, 'infrastructure-failure', 3],
    [500, 'infrastructure-failure', 3],
    [503, 'infrastructure-failure', 3],
  ])('an answer %d is %s after %d attempts', async (status, outcome, attempts) => {
    const server = await upstream((_request, response) => response.writeHead(status).end());
    const { cache } = await newCache();
    const error = await failure(get(`${server.url}/x`, { cache }));
    expect(error).toMatchObject({ outcome, message: expect.stringContaining(`answered ${status}`) });
    expect(error.hint).toContain(cache.pathOf(sha256));
    expect(server.asked).toHaveLength(attempts);
  });

  it('calls an unknown host and a closed port the mistake of the definition', async () => {
    const { lookup, asked } = fixedLookup({});
    const unknown = await failure(get('http://nowhere.test/x', { lookup }));
    expect(unknown).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('the host does not exist') });
    expect(asked).toHaveLength(1);
    const closed = await failure(get('http://127.0.0.1:1/x'));
    expect(closed).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('nothing listens there') });
  });

  it('refuses what is larger than allowed, announced or not', async () => {
    const announced = await upstream();
    const endless = await upstream((_request, response) => {
      const more = setInterval(() => response.write('x'.repeat(50)), 1);
      response.on('close', () => clearInterval(more));
    });
    for (const server of [announced, endless]) {
      const error = await failure(get(server.url, { policy: { allowPrivate: true, maxBytes: 10 } }));
      expect(error).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('at most 10 bytes') });
    }
  });

  it('gives up on a server that falls silent, before or in the body', async () => {
    const silent = await upstream(() => {});
    const stalling = await upstream((_request, response) => void response.writeHead(200).write('x'));
    for (const server of [silent, stalling]) {
      const error = await failure(get(server.url, { policy: { allowPrivate: true, stallMs: 40 } }));
      expect(error).toMatchObject({
        outcome: 'infrastructure-failure',
        message: expect.stringContaining('sent nothing for 0.04 s'),
      });
      expect(server.asked).toHaveLength(3);
    }
  });

  it('gives up on a server that drips', async () => {
    const server = await upstream((_request, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    const error = await failure(get(server.url, { policy: { allowPrivate: true, stallMs: 1_000, maxMs: 80 } }));
    expect(error).toMatchObject({
      outcome: 'infrastructure-failure',
      message: expect.stringContaining('longer than 0.08 s'),
    });
    expect(server.asked).toHaveLength(1);
  });

  it('stops with the reason of its signal', async () => {
    const server = await upstream(() => {});
    const cancel = new AbortController();
    const work = get(server.url, { signal: cancel.signal });
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    cancel.abort(new Failure('cancelled', 'cancelled by its submitter'));
    expect((await failure(work)).outcome).toBe('cancelled');
  });
});

describe('fetchSource and addresses', () => {
  const only = (...hosts: string[]) => ({ policy: { allowPrivate: hosts } });

  it.each([
    'http://127.0.0.1:9/',
    'http://[::1]:9/',
    'http://0x7f.1:9/',
    'http://2130706433:9/',
    'http://[::ffff:127.0.0.1]:9/',
  ])('refuses %s', async (url) => {
    const error = await failure(get(url, { policy: {} }));
    expect(error).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('not a public address') });
  });

  it('refuses a name when any of its addresses is private, and connects to none', async () => {
    const server = await upstream();
    const { lookup } = fixedLookup({ 'mixed.test': [['8.8.8.8', '127.0.0.1']] });
    const error = await failure(get(`http://mixed.test:${server.port}/`, { policy: {}, lookup }));
    expect(error.message).toContain('mixed.test (127.0.0.1)');
    expect(server.asked).toEqual([]);
  });

  it('connects to the address that was checked: a name is looked up once', async () => {
    const server = await upstream();
    const { lookup, asked } = fixedLookup({ 'rebinding.test': [['127.0.0.1'], ['127.0.0.2']] });
    await get(`http://rebinding.test:${server.port}/`, { ...only('rebinding.test'), lookup });
    expect(asked).toEqual(['rebinding.test']);
  });

  it('refuses a redirect to a private address, by number or by name', async () => {
    const inner = await upstream();
    const { lookup } = fixedLookup({ 'outer.test': [['127.0.0.1']], 'inner.test': [['127.0.0.1']] });
    for (const target of [`${inner.url}/`, `http://inner.test:${inner.port}/`]) {
      const outer = await upstream((_request, response) => response.writeHead(302, { location: target }).end());
      const error = await failure(get(`http://outer.test:${outer.port}/`, { ...only('outer.test'), lookup }));
      expect(error).toMatchObject({ outcome: 'rejected', message: expect.stringContaining('127.0.0.1') });
      expect(outer.asked).toHaveLength(1);
    }
    expect(inner.asked).toEqual([]);
  });

  it('follows five redirects and no sixth', async () => {
    const server = await upstream((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) archive(request, response);
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(await get(`${server.url}/5`)).toMatchObject({ sha256 });
    expect((await failure(get(`${server.url}/6`))).message).toContain('more than 5 redirects');
  });

  it('refuses other schemes, also as the target of a redirect', async () => {
    expect((await failure(get('file:///etc/passwd'))).message).toContain('not an http or https URL');
    const server = await upstream((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    expect((await failure(get(server.url))).message).toContain(`to which ${server.url}/ redirects`);
  });
});
