import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  Action,
  API_PREFIX,
  type Instance,
  OPEN_POLICY,
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
import { createMetrics } from './metrics/metrics.ts';
import { quietFarm } from './metrics/test-reading.ts';

const ID = 'abcdefghijklmnop';
const SHA = 'a'.repeat(64);
const INSTANCE = { id: 'default', architectures: ['amd64'] } as unknown as Instance;

const NO_RATES = { requestsPerMinute: undefined, submissionsPerHour: undefined };
/** Tokens by their secrets: one for each action alone, and some more. */
const TOKENS: Record<string, TokenIdentity> = Object.fromEntries(
  [
    ...Action.options.map((action) => ({ name: `only-${action}`, instance: '*', actions: [action] })),
    { name: 'elsewhere', instance: 'other', actions: Action.options },
    { name: 'nothing', instance: '*', actions: [] },
    { name: 'builder', instance: '*', actions: ['view' as const, 'build' as const] },
    { name: 'local', instance: '*', actions: ['view' as const, 'build' as const] },
    { name: 'admin', instance: '*', actions: ['admin' as const] },
    { name: 'colleague', instance: '*', actions: ['view' as const, 'build' as const, 'cancel' as const] },
    {
      name: 'operator',
      instance: '*',
      actions: ['view' as const, 'build' as const, 'cancel' as const, 'admin' as const],
    },
  ].map(({ name, ...grant }) => [name, { id: `id-of-${name}`, name, grants: [grant] }]),
);

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
      get: async (id: string) => ({
        id,
        kind: KINDS[id] ?? 'build',
        instance: 'default',
        requestedBy: id === 'buildersbuildaaa' ? 'builder' : 'only-cancel',
        artifacts: [],
      }),
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
    policy: OPEN_POLICY,
    audit: { list: reached, record: async (entry: unknown) => void audited.push(entry) },
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

const audited: unknown[] = [];
let registry: string;
let parts: AppParts;
let tcp: FastifyInstance;
let local: FastifyInstance;

beforeAll(async () => {
  registry = await mkdtemp(join(tmpdir(), 'fatbuildr-app-'));
  const suite = join(registry, 'default/deb/dists/bookworm');
  await mkdir(join(suite, 'by-hash'), { recursive: true });
  await writeFile(join(suite, 'InRelease'), 'signed');
  await writeFile(join(suite, 'by-hash', 'x'), 'index');
  parts = {
    control: stubControl(),
    config: {
      instances: [INSTANCE],
      paths: { registry, state: '/state' },
      api: { publicUrl: 'http://farm.invalid', uploadLimit: 1000, trustedProxies: [], rates: NO_RATES },
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
      hasKeyring: true,
      keyExpires: 1000,
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

interface Operation {
  security?: { token: [Action] }[];
}

/** A request for an operation as it is described, with parameters that are valid and no body. */
function requestOf(path: string, method: string) {
  const values: Record<string, string> = {
    instance: 'default',
    format: 'deb',
    distribution: 'bookworm',
    name: 'hello',
  };
  return {
    method: method.toUpperCase() as 'GET',
    url: path.replace(/\{([a-z]+)\}/g, (_, name: string) => values[name] ?? ID),
  };
}

/** All that is described, as the server itself says; reached by what it says it needs and by nothing else. */
async function operations() {
  const { paths } = (await tcp.inject(`${API_PREFIX}/openapi.json`)).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      action: security?.[0]?.token[0],
      request: requestOf(path, method),
    })),
  );
}

test('every operation that is described is refused without a token, and says what it takes', async () => {
  const all = await operations();
  expect(all.filter(({ action }) => action === undefined).map(({ name }) => name)).toEqual([
    `GET ${API_PREFIX}/version`,
    `GET ${API_PREFIX}/health`,
  ]);
  expect(all.length).toBeGreaterThanOrEqual(Object.keys(routes).length + Object.keys(streams).length);
  for (const { name, action, request } of all.filter((one) => one.action !== undefined)) {
    const answer = await tcp.inject(request);
    expect({ name, status: answer.statusCode }).toEqual({ name, status: 401 });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(answer.json()).toMatchObject({ type: 'urn:fatbuildr:not-authenticated' });
    expect({ name, detail: answer.json().detail }).toEqual({ name, detail: expect.stringContaining(` ${action}`) });
  }
});

test('every operation is refused to a token that lacks its action, which is named', async () => {
  for (const { name, action, request } of (await operations()).filter((one) => one.action !== undefined)) {
    for (const secret of ['nothing', ...Action.options.filter((one) => one !== action).map((one) => `only-${one}`)]) {
      const answer = await tcp.inject({ ...request, headers: { authorization: `Bearer ${secret}` } });
      expect({ name, secret, status: answer.statusCode }).toEqual({ name, secret, status: 403 });
      expect(answer.json().detail).toContain(`the action ${action}`);
    }
  }
});

test('every operation is open to a token that has its action, and on the local socket', async () => {
  // a retry and a terminal take what their task took besides: see below, and test/integration/terminal
  const besides = /\/(retry|terminal)$/;
  for (const { name, action, request } of (await operations()).filter((one) => !besides.test(one.name))) {
    const answers = [
      await tcp.inject({ ...request, headers: { authorization: `Bearer only-${action ?? 'view'}` } }),
      await local.inject(request),
    ];
    for (const { statusCode } of answers)
      expect({ name, refused: [401, 403].includes(statusCode) }).toEqual({ name, refused: false });
  }
});

test('one’s own tasks are cancelled and retried, those of others by administrators', async () => {
  const ask = async (what: string, secret: string) => {
    const url = `${API_PREFIX}/tasks/${ID}/${what}`;
    const { statusCode, body } = await tcp.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${secret}` },
    });
    return [401, 403].includes(statusCode) ? JSON.parse(body).detail : 'allowed';
  };
  expect(await ask('cancel', 'only-cancel')).toBe('allowed');
  expect(await ask('cancel', 'operator')).toBe('allowed');
  expect(await ask('cancel', 'colleague')).toContain('lacks the action admin');
  expect(await ask('retry', 'only-view')).toContain('lacks the action build');
  expect(await ask('retry', 'colleague')).toContain('lacks the action admin');
  expect(await ask('retry', 'operator')).toBe('allowed');
});

test('going before others takes the action admin', async () => {
  const file = { name: 'hello.tar', sha256: SHA, size: 1 };
  const build = (priority: number) =>
    tcp.inject({
      method: 'POST',
      url: `${API_PREFIX}/instances/default/builds`,
      headers: { authorization: 'Bearer only-build' },
      body: {
        distribution: 'bookworm',
        artifact: 'hello',
        source: { kind: 'definition', archive: file },
        submitter: { name: 'A', email: 'a@b.invalid' },
        message: 'x',
        priority,
      },
    });
  expect((await build(51)).json().detail).toContain('the action admin');
  expect((await build(50)).json().detail).toBe('reached the service');
});

test('anybody may do what the policy gives to all, and no more', async () => {
  const policy = { ...OPEN_POLICY, anonymous: [{ instance: 'default', actions: ['view' as const] }] };
  const app = await buildApp({ ...parts, control: stubControl({ policy }) }, { listener: 'tcp', log: false });
  const status = async (url: string) => (await app.inject(API_PREFIX + url)).statusCode;
  expect([await status('/instances/default'), await status(`/attempts/${ID}/log`)]).toEqual([200, 200]);
  expect([await status('/instances/other'), await status('/tokens')]).toEqual([401, 401]);
  await app.close();
});

test('the public key is served armoured and as bytes, and paths of secrets to those who may change it', async () => {
  const publicKey = `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${btoa('key')}\n-----END PGP PUBLIC KEY BLOCK-----\n`;
  const keyring = async () => ({
    publicKey,
    fingerprint: 'AB',
    rotation: { other: { fingerprint: 'CD' } },
    retired: [],
  });
  const registry = { keyring } as unknown as Control['registry'];
  const app = await buildApp({ ...parts, control: { ...stubControl(), registry } }, { listener: 'tcp', log: false });
  const get = (path: string, secret: string) =>
    app.inject({
      url: `${API_PREFIX}/instances/default/${path}`,
      headers: { authorization: `Bearer ${secret}` },
    });
  const armored = await get('keyring/public.asc', 'only-view');
  expect([armored.headers['content-type'], armored.body]).toEqual(['application/pgp-keys', publicKey]);
  const bytes = await get('keyring/public.gpg', 'only-view');
  expect([bytes.headers['content-type'], bytes.body]).toEqual(['application/octet-stream', 'key']);
  expect((await get('keyring/files', 'only-view')).statusCode).toBe(403);
  expect((await get('keyring/files', 'only-keyring')).json()).toEqual({
    import: {
      secret: '/state/publisher/import/default.asc',
      passphrase: '/state/publisher/import/default.passphrase',
    },
    revocations: ['AB', 'CD'].map((fingerprint) => ({
      fingerprint,
      path: `/state/keyrings/default/${fingerprint}/revocation.asc`,
    })),
  });
  await app.close();
});

test('when a key ends is told to those who may renew it', async () => {
  const ends = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const { instances } = (await tcp.inject({ url: `${API_PREFIX}/instances`, headers })).json();
    return (instances as { keyExpires: number | null }[]).map(({ keyExpires }) => keyExpires);
  };
  expect(await ends('only-view')).toEqual([null]);
  expect((await local.inject(`${API_PREFIX}/instances`)).json().instances[0].keyExpires).toBe(1000);
});

test('who asks too often is told when to come back, each by its own measure', async () => {
  const rates = { requestsPerMinute: 3, submissionsPerHour: 1 };
  const limited = { ...parts, config: { ...parts.config, api: { ...parts.config.api, rates } } };
  const app = await buildApp(limited, { listener: 'tcp', log: false });
  const get = (secret: string, remoteAddress = '192.0.2.1') =>
    app.inject({ url: `${API_PREFIX}/version`, headers: { authorization: `Bearer ${secret}` }, remoteAddress });
  const statuses = [];
  for (let count = 0; count < 4; count++) statuses.push((await get('only-view')).statusCode);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const refused = await get('only-view');
  expect(refused.headers['retry-after']).toBe('20');
  expect(refused.json()).toMatchObject({ type: 'urn:fatbuildr:rate-limited', retryAfter: 20 });
  for (let count = 0; count < 3; count++) expect((await get('guess', '192.0.2.2')).statusCode).toBe(401);
  expect((await get('guess', '192.0.2.2')).statusCode).toBe(429);
  expect((await get('only-images', '192.0.2.2')).statusCode).toBe(200);

  const submit = () =>
    app.inject({
      method: 'POST',
      url: `${API_PREFIX}/instances/default/keyring`,
      headers: { authorization: 'Bearer only-keyring' },
      body: {},
    });
  expect([(await submit()).statusCode, (await submit()).statusCode]).toEqual([503, 429]);
  await app.close();
});

test('a live log takes the same action as the log', async () => {
  await tcp.ready();
  const path = API_PREFIX + streams.log.replace(':attempt', ID);
  await expect(tcp.injectWS(path)).rejects.toThrow('401');
  await expect(tcp.injectWS(path, { headers: { authorization: 'Bearer only-build' } })).rejects.toThrow('403');
  await expect(tcp.injectWS(path, { headers: { authorization: 'Bearer elsewhere' } })).rejects.toThrow('403');
  const socket = await tcp.injectWS(path, { headers: { authorization: 'Bearer only-view' } });
  socket.terminate();
});

test('what is denied is in the audit log once, and so is that an administrator came', async () => {
  audited.length = 0;
  const url = `${API_PREFIX}/tokens`;
  for (const secret of ['only-keyring', 'only-keyring', 'only-admin']) {
    await tcp.inject({ url, headers: { authorization: `Bearer ${secret}` }, remoteAddress: '192.0.2.7' });
  }
  await tcp.inject({ url, headers: { authorization: 'Bearer guess' }, remoteAddress: '192.0.2.8' });
  const entry = { origin: '192.0.2.7', action: 'GET /tokens', subject: '/tokens', detail: null };
  expect(audited).toEqual([
    { ...entry, who: 'only-keyring', outcome: 'not-authorised' },
    { ...entry, who: 'anonymous', origin: '192.0.2.8', outcome: 'not-authenticated' },
  ]);
  await tcp.inject({ url: `${API_PREFIX}/version`, headers: { authorization: 'Bearer only-admin' } });
  expect(audited).toHaveLength(3);
  expect(audited[2]).toMatchObject({
    who: 'only-admin',
    action: 'token-use',
    subject: 'id-of-only-admin',
    outcome: 'done',
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
  hosts = [{ ...host, ...rest, reason: null, instances: null } as WorkerView];
  const seen = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await tcp.inject({ url: `${API_PREFIX}/workers`, headers });
    return answer.json<{ workers: WorkerView[] }>().workers[0]?.trees.map(({ instance }) => instance);
  };
  expect(await seen('only-view')).toEqual([null, 'default', 'other']);
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
  expect((await retry('buildersbuildaaa')).json()).toMatchObject({ detail: 'reached the service' });
  expect((await retry('keyringtaskaaaaa')).json()).toMatchObject({
    status: 403,
    detail: expect.stringContaining('lacks the action keyring'),
  });
  expect((await retry('deletiontaskaaaa')).json()).toMatchObject({
    status: 403,
    detail: expect.stringContaining('lacks the action registry-edit'),
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
  expect(keyed).toEqual(['id-of-builder']);
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

test('metrics are open on the local socket, and on TCP to who may view everything', async () => {
  const get = (secret?: string) =>
    tcp.inject({ url: '/metrics', ...(secret ? { headers: { authorization: `Bearer ${secret}` } } : {}) });
  expect((await get()).statusCode).toBe(401);
  expect((await get('nothing')).statusCode).toBe(403);
  expect((await get('elsewhere')).statusCode).toBe(403);
  const answer = await get('only-view');
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const counted = 'fatbuildr_http_request_duration_seconds_count{method="GET",route="/metrics",status="401"} 1';
  expect(answer.body).toContain(counted);
  expect((await local.inject('/metrics')).body).toContain('fatbuildr_redis_up 1');
});

test('the view of the queues is for administrators, reads only and runs no code of others', async () => {
  const url = '/admin/queues/';
  expect((await tcp.inject(url)).statusCode).toBe(401);
  const refused = await tcp.inject({ url, headers: { authorization: 'Bearer only-view' } });
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
  expect((await tcp.inject({ ...request, headers: { authorization: 'Bearer only-view' } })).statusCode).toBe(401);
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

  test('repositories are for who may view the instance, and for build hosts, where the policy says so', async () => {
    const control = stubControl({ policy: { ...OPEN_POLICY, repositories: 'view' } });
    const authenticate = async (secret: string) => {
      if (secret === 'host') return { id: ID, name: 'host', pool: 'default', publisher: false };
      throw new ProblemError('not-authenticated', 'no such worker');
    };
    const app = await buildApp(
      { ...parts, control: { ...control, workers: { ...control.workers, authenticate } } },
      { listener: 'tcp', log: false },
    );
    const get = async (authorization: string) =>
      app.inject({ url: '/default/deb/dists/bookworm/InRelease', headers: { authorization } });
    const basic = (secret: string) => `Basic ${Buffer.from(`token:${secret}`).toString('base64')}`;
    expect((await app.inject('/default/deb/dists/bookworm/InRelease')).statusCode).toBe(401);
    expect((await get('Bearer elsewhere')).statusCode).toBe(403);
    expect((await get('Bearer host')).statusCode).toBe(200);
    const answer = await get(basic('only-view'));
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'private, no-cache']);
    await app.close();
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
