import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { API_PREFIX, type Instance, ProblemError, routes, streams } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppParts, buildApp } from './app.ts';
import type { Control, TokenIdentity } from './control/services.ts';
import { createMetrics } from './metrics/metrics.ts';
import { quietFarm } from './metrics/test-reading.ts';

const ID = 'abcdefghijklmnop';
const SHA = 'a'.repeat(64);
const INSTANCE = { id: 'default', architectures: ['amd64'] } as unknown as Instance;

const TOKENS: Record<string, TokenIdentity> = {
  viewer: { id: ID, name: 'viewer', instance: '*', actions: ['view'] },
  elsewhere: { id: ID, name: 'elsewhere', instance: 'other', actions: ['view', 'build', 'cancel'] },
  nothing: { id: ID, name: 'nothing', instance: '*', actions: [] },
};

/** A control plane in which every service answers that it was reached. */
function stubControl(overrides: Partial<Control> = {}): Control {
  const reached = () => {
    throw new ProblemError('unavailable', 'reached the service');
  };
  const service = new Proxy({}, { get: () => reached });
  return {
    submissions: service,
    attempts: service,
    uploads: service,
    registry: service,
    workers: new Proxy(
      {
        authenticate: async () => {
          throw new ProblemError('not-authenticated', 'no such worker');
        },
      },
      { get: (target: Record<string, unknown>, name: string) => target[name] ?? reached },
    ),
    tasks: {
      get: async () => ({ id: ID, instance: 'default', artifacts: [] }),
      list: reached,
      cancel: reached,
      attempt: async () => ({
        task: { instance: 'default' },
        attempt: { id: ID, logClosed: true, outcome: 'success' },
      }),
      artifact: async () => ({ name: 'hello_1_amd64.deb', sha256: SHA, size: 10 }),
    },
    tokens: {
      ...(service as Control['tokens']),
      authenticate: async (secret: string) => {
        const token = TOKENS[secret];
        if (!token) throw new ProblemError('not-authenticated', 'unknown token');
        return token;
      },
      list: reached,
      create: reached,
      revoke: reached,
    },
    idempotency: { once: reached },
    logs: {
      length: async () => 10,
      read: async function* (_id: string, { start = 0, end = 10 } = {}) {
        yield { offset: start, bytes: Buffer.from('0123456789').subarray(start, end) };
      },
      follow: async function* (_id: string, offset: number) {
        yield { offset, bytes: Buffer.from('0123456789').subarray(offset) };
      },
    },
    ...overrides,
  } as unknown as Control;
}

let registry: string;
let tcp: FastifyInstance;
let local: FastifyInstance;

beforeAll(async () => {
  registry = await mkdtemp(join(tmpdir(), 'fatbuildr-app-'));
  const suite = join(registry, 'default/deb/dists/bookworm');
  await mkdir(join(suite, 'by-hash'), { recursive: true });
  await writeFile(join(suite, 'InRelease'), 'signed');
  await writeFile(join(suite, 'by-hash', 'x'), 'index');
  const parts: AppParts = {
    control: stubControl(),
    config: {
      instances: [INSTANCE],
      paths: { registry },
      api: { publicUrl: 'http://farm.invalid', uploadLimit: 1000 },
      metrics: { open: false },
    },
    metrics: createMetrics({ version: '3.0.0', read: async () => quietFarm() }),
    queues: async () => [],
    openBlob: (_sha, { start, end }) => Readable.from([Buffer.from('0123456789').subarray(start, end + 1)]),
    health: async () => ({ status: 'ok', parts: {} }),
    instanceView: async ({ id }) => ({
      id,
      name: id,
      userId: 'x <x@y>',
      architectures: [],
      formats: {},
      hasKeyring: false,
    }),
    version: '3.0.0',
  };
  tcp = await buildApp(parts, { listener: 'tcp', log: false });
  local = await buildApp(parts, { listener: 'local', log: false });
});

afterAll(async () => {
  await Promise.all([tcp.close(), local.close()]);
  await rm(registry, { recursive: true });
});

/** Every operation that needs an action, as a request that passes validation. */
const guarded = Object.values(routes)
  .filter(({ action }) => action !== null)
  .map((route) => ({
    name: `${route.method} ${route.path}`,
    action: route.action,
    request: {
      method: route.method,
      url: (API_PREFIX + route.path)
        .replace(':instance', 'default')
        .replace(':format', 'deb')
        .replace(':distribution', 'bookworm')
        .replace(':name', 'hello')
        .replace(/:(task|upload|token)/, ID),
      ...('body' in route ? { body: bodyOf(route.path) } : {}),
    },
  }));

function bodyOf(path: string): object {
  if (path === '/uploads') return { length: 1 };
  if (path === '/tokens') return { name: 'ci' };
  if (path.endsWith('/builds')) {
    const file = { name: 'hello.tar', sha256: SHA, size: 1 };
    return {
      distribution: 'bookworm',
      artifact: 'hello',
      source: { kind: 'definition', archive: file },
      submitter: { name: 'A', email: 'a@b.invalid' },
      message: 'x',
    };
  }
  if (path.endsWith('/deletions')) return { distribution: 'bookworm', artifact: 'hello' };
  return { operation: 'create' };
}

describe.each(guarded)('$name', ({ action, request }) => {
  test('is refused without a token, and says what it takes', async () => {
    const answer = await tcp.inject(request);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(answer.json()).toMatchObject({ type: 'urn:fatbuildr:not-authenticated' });
  });

  test('is refused with a token that lacks the action, which is named', async () => {
    const answer = await tcp.inject({ ...request, headers: { authorization: 'Bearer nothing' } });
    expect(answer.statusCode).toBe(403);
    expect(answer.json().detail).toContain(action);
  });

  test('is allowed on the local socket', async () => {
    const answer = await local.inject(request);
    expect([401, 403]).not.toContain(answer.statusCode);
    expect(answer.statusCode).not.toBe(400);
  });
});

test('a token for one instance does not reach another, nor its tasks', async () => {
  const headers = { authorization: 'Bearer elsewhere' };
  const urls = ['/instances/default', `/tasks/${ID}`, '/tasks?instance=default', `/attempts/${ID}/log`];
  for (const url of urls) {
    const { statusCode } = await tcp.inject({ url: API_PREFIX + url, headers });
    expect({ url, statusCode }).toEqual({ url, statusCode: 403 });
  }
  const listed = await tcp.inject({ url: `${API_PREFIX}/instances`, headers });
  expect(listed.json()).toEqual({ instances: [] });
});

test('every operation is described, with the action it needs', async () => {
  const document = (await tcp.inject(`${API_PREFIX}/openapi.json`)).json();
  expect(document.openapi).toBe('3.1.0');
  for (const route of Object.values(routes)) {
    const path = API_PREFIX + route.path.replace(/:([a-z]+)/g, '{$1}');
    const operation = document.paths[path]?.[route.method.toLowerCase()];
    const security = route.action ? [{ token: [route.action] }] : undefined;
    expect({ path, security: operation?.security }).toEqual({ path, security });
    expect(operation?.summary).toBe(route.summary);
  }
  expect(JSON.stringify(document)).not.toContain('/worker/');
  const page = await tcp.inject(`${API_PREFIX}/docs`);
  expect(page.body).toContain('/api/v1/instances/{instance}/builds');
});

test('metrics are open on the local socket, and on TCP to who may view everything', async () => {
  const get = (secret?: string) =>
    tcp.inject({ url: '/metrics', ...(secret ? { headers: { authorization: `Bearer ${secret}` } } : {}) });
  expect((await get()).statusCode).toBe(401);
  expect((await get('nothing')).statusCode).toBe(403);
  expect((await get('elsewhere')).statusCode).toBe(403);
  const answer = await get('viewer');
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const counted = 'fatbuildr_http_request_duration_seconds_count{method="GET",route="/metrics",status="401"} 1';
  expect(answer.body).toContain(counted);
  expect((await local.inject('/metrics')).body).toContain('fatbuildr_redis_up 1');
});

test('the view of the queues is for administrators, reads only and runs no code of others', async () => {
  const url = '/admin/queues/';
  expect((await tcp.inject(url)).statusCode).toBe(401);
  const refused = await tcp.inject({ url, headers: { authorization: 'Bearer viewer' } });
  expect(refused.json()).toMatchObject({ status: 403, type: 'urn:fatbuildr:not-authorised' });
  expect((await tcp.inject('/admin/queues/static/js/none.js')).statusCode).toBe(401);
  const page = await local.inject(url);
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
  const script = /src="(static\/js\/main\.[^"]+)"/.exec(page.body)?.[1];
  expect((await local.inject(url + script)).headers['content-type']).toContain('javascript');
  expect((await local.inject(`${url}api/queues`)).json()).toMatchObject({ queues: [] });
  expect((await local.inject({ method: 'PUT', url: `${url}api/queues/pause` })).statusCode).toBe(403);
});

test('a request that does not fit is told where and what was expected', async () => {
  const answer = await local.inject({
    method: 'POST',
    url: `${API_PREFIX}/instances/default/builds`,
    body: { distribution: 7 },
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toContainEqual(expect.objectContaining({ path: 'distribution' }));
});

test('an unknown path is a problem document too', async () => {
  const answer = await tcp.inject('/api/v1/nothing');
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ type: 'urn:fatbuildr:not-found', status: 404 });
});

test('the worker protocol wants a secret on TCP and is not on the local socket', async () => {
  const request = { method: 'POST', url: '/api/v1/worker/claims', body: { job: ID } } as const;
  expect((await tcp.inject(request)).statusCode).toBe(401);
  expect((await tcp.inject({ ...request, headers: { authorization: 'Bearer viewer' } })).statusCode).toBe(401);
  expect((await local.inject(request)).statusCode).toBe(404);
});

describe('files', () => {
  const log = API_PREFIX + streams.log.replace(':attempt', ID);

  test('a log is served whole, in part, and as unchanged', async () => {
    const whole = await local.inject(log);
    expect(whole.body).toBe('0123456789');
    const part = await local.inject({ url: log, headers: { range: 'bytes=4-' } });
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([206, '456789', 'bytes 4-9/10']);
    const past = await local.inject({ url: log, headers: { range: 'bytes=10-' } });
    expect([past.statusCode, past.headers['content-range']]).toEqual([416, 'bytes */10']);
    const same = await local.inject({ url: log, headers: { 'if-none-match': String(whole.headers.etag) } });
    expect([same.statusCode, same.body]).toEqual([304, '']);
  });

  test('an artifact is a download with its digest as ETag', async () => {
    const answer = await local.inject(`${API_PREFIX}/tasks/${ID}/artifacts/hello_1_amd64.deb`);
    expect(answer.headers).toMatchObject({
      etag: `"${SHA}"`,
      'content-type': 'application/vnd.debian.binary-package',
      'content-disposition': 'attachment; filename="hello_1_amd64.deb"',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.body).toBe('0123456789');
  });

  test('repositories are open to all: heads are revalidated, by-hash files kept for good', async () => {
    const head = await tcp.inject('/default/deb/dists/bookworm/InRelease');
    expect([head.statusCode, head.body, head.headers['cache-control']]).toEqual([200, 'signed', 'public, no-cache']);
    const index = await tcp.inject('/default/deb/dists/bookworm/by-hash/x');
    expect(index.headers['cache-control']).toContain('immutable');
    expect((await tcp.inject('/default/deb/dists/nowhere/InRelease')).statusCode).toBe(404);
    expect((await tcp.inject('/default/deb/dists')).statusCode).toBe(404);
  });
});
