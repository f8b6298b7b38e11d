import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  API_PREFIX,
  type Instance,
  ProblemError,
  routes,
  streams,
  type TaskKind,
  type WorkerView,
} from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppParts, buildApp } from './app.ts';
import type { Control, TokenIdentity } from './control/services.ts';

const ID = 'abcdefghijklmnop';
const SHA = 'a'.repeat(64);
const INSTANCE = { id: 'default', architectures: ['amd64'] } as unknown as Instance;

const TOKENS: Record<string, TokenIdentity> = {
  viewer: { id: ID, name: 'viewer', instance: '*', actions: ['view'] },
  elsewhere: { id: ID, name: 'elsewhere', instance: 'other', actions: ['view', 'build', 'cancel'] },
  nothing: { id: ID, name: 'nothing', instance: '*', actions: [] },
  builder: { id: 'builder-of-builds', name: 'local', instance: '*', actions: ['view', 'build'] },
  admin: { id: 'admin-of-the-farm', name: 'admin', instance: '*', actions: ['admin'] },
};

/** Tasks that are no builds. */
const KINDS: Record<string, TaskKind> = { keyringtaskaaaaa: 'keyring-renew', deletiontaskaaaa: 'registry-delete' };
/** Build hosts, where a test has some. */
let hosts: WorkerView[] | undefined;
/** Who used an Idempotency-Key. */
const keyed: string[] = [];

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
        list: async () => hosts ?? reached(),
      },
      { get: (target: Record<string, unknown>, name: string) => target[name] ?? reached },
    ),
    tasks: {
      get: async (id: string) => ({ id, kind: KINDS[id] ?? 'build', instance: 'default', artifacts: [] }),
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
    idempotency: {
      once: ({ requester }: { requester: string }) => {
        keyed.push(requester);
        return reached();
      },
    },
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
    },
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

test('a token for one instance sees of a host what is its own', async () => {
  const tree = { kind: 'environment', format: 'deb', environment: 'bookworm', architecture: 'amd64', created: 1 };
  const held = (instance: string | null) => ({ ...tree, instance, name: `${instance}`, generation: '1', bytes: null });
  const host = { id: ID, name: 'one', pool: 'default', state: 'online', version: '3', driver: 'fake', disk: null };
  const trees = [held(null), held('default'), held('other')];
  const rest = { architectures: [], slots: 1, busy: 0, seen: 1, warnings: [], trees };
  hosts = [{ ...host, ...rest } as WorkerView];
  const seen = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await tcp.inject({ url: `${API_PREFIX}/workers`, headers });
    return answer.json<{ workers: WorkerView[] }>().workers[0]?.trees.map(({ instance }) => instance);
  };
  expect(await seen('viewer')).toEqual([null, 'default', 'other']);
  expect(await seen('elsewhere')).toEqual([null, 'other']);
  hosts = undefined;
});

test('a retry takes what asking for the task takes, whatever its kind', async () => {
  const retry = (task: string) =>
    tcp.inject({
      method: 'POST',
      url: `${API_PREFIX}/tasks/${task}/retry`,
      headers: { authorization: 'Bearer builder' },
    });
  expect((await retry(ID)).json()).toMatchObject({ detail: 'reached the service' });
  expect((await retry('keyringtaskaaaaa')).json()).toMatchObject({
    status: 403,
    detail: expect.stringContaining('the action keyring is'),
  });
  expect((await retry('deletiontaskaaaa')).json()).toMatchObject({
    status: 403,
    detail: expect.stringContaining('the action registry-edit is'),
  });
});

test('an Idempotency-Key belongs to one token, whatever others are called, and never stores a secret', async () => {
  const post = (path: string, token: string, body: object) =>
    tcp.inject({
      method: 'POST',
      url: API_PREFIX + path,
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'k' },
      body,
    });
  await post('/uploads', 'builder', { length: 1 });
  expect(keyed).toEqual(['builder-of-builds']);
  await post('/tokens', 'admin', { name: 'ci' });
  expect(keyed).toHaveLength(1);
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
    const alone = await tcp.inject({ method: 'HEAD', url: '/default/deb/dists/bookworm/InRelease' });
    expect([alone.body, alone.headers['content-length']]).toEqual(['', '6']);
    expect((await tcp.inject('/default/deb/dists/nowhere/InRelease')).statusCode).toBe(404);
    expect((await tcp.inject('/default/deb/dists')).statusCode).toBe(404);
  });
});
