import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import { API_PREFIX } from '@fatbuildr/domain';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { isInstalled, startWebServer, type WebServer, type WebServerName } from './web-server.ts';

const UPLOAD = 300_000_000;
const PIECE = Buffer.alloc(1_000_000, 'x');

let redis: TestRedis;
let farm: Farm;
let registry: string;
let token: string;
let headers: Record<string, string>;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url });
  registry = join(farm.directory, 'state/registry');
  // the web server is another user, as it is where it is installed
  for (const path of [farm.directory, join(farm.directory, 'state')]) await chmod(path, 0o755);
  ({ token } = await farm.client.createToken({ body: { name: 'test' } }));
  headers = { authorization: `Bearer ${token}` };
  const { id } = await farm.ended(await submit(farm.client, { artifact: 'served' }));
  // a log may still grow when its task is done
  await vi.waitFor(async () => {
    const { jobs } = await farm.client.task({ params: { task: id } });
    expect(jobs.flatMap(({ attempts }) => attempts).every(({ logClosed }) => logClosed)).toBe(true);
  }, 10_000);
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

describe.each<WebServerName>(['nginx', 'apache'])('behind %s', (name) => {
  let server: WebServer | undefined;
  let url: string;

  beforeAll(async () => {
    if (!(await isInstalled(name))) return;
    const directory = join(farm.directory, name);
    server = await startWebServer(name, { directory, apiPort: Number(new URL(farm.url).port), registry });
    url = server.url;
  });
  afterAll(() => server?.stop());

  test('repository files come from the disk, with how long they may be kept', async ({ skip }) => {
    if (!server) skip(`${name} is not installed`);
    const suite = '/default/deb/dists/bookworm';
    const release = await fetch(`${url}${suite}/InRelease`);
    expect(release.status).toBe(200);
    expect(release.headers.get('server')?.toLowerCase()).toContain(name);
    expect(release.headers.get('cache-control')).toBe('public, no-cache');
    expect(await release.text()).toBe(await (await fetch(`${farm.url}${suite}/InRelease`)).text());
    const etag = release.headers.get('etag') ?? '';
    const again = await fetch(`${url}${suite}/InRelease`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);

    const files = (await readdir(join(registry, 'default/deb'), { recursive: true })).map(String);
    for (const pattern of [/^pool\/.*\.deb$/, /by-hash\/SHA256\/[0-9a-f]{64}$/]) {
      const path = files.find((one) => pattern.test(one)) ?? 'none';
      const file = await fetch(`${url}/default/deb/${path}`);
      expect({ path, status: file.status }).toEqual({ path, status: 200 });
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
      await file.arrayBuffer();
    }
    expect((await fetch(`${url}/default/keyring.asc`)).status).toBe(200);
  });

  test('of a snapshot caches keep what is under its digest, and nothing else', async ({ skip }) => {
    if (!server) skip(`${name} is not installed`);
    const repodata = 'default/rpm/el9/main/x86_64/snapshots/7/repodata';
    await mkdir(join(registry, repodata), { recursive: true });
    const kept: Record<string, string> = {
      [`${'a'.repeat(64)}-primary.xml.gz`]: 'public, max-age=31536000, immutable',
      'repomd.xml': 'public, no-cache',
      'repomd.xml.asc': 'public, no-cache',
    };
    for (const [file, cacheControl] of Object.entries(kept)) {
      await writeFile(join(registry, repodata, file), file);
      for (const server of [url, farm.url]) {
        const { headers } = await fetch(`${server}/${repodata}/${file}`);
        expect([file, headers.get('cache-control')]).toEqual([file, cacheControl]);
      }
    }
  });

  test('a part is had by Range: of a published file, of a log and of what a build handed in', async ({ skip }) => {
    if (!server) skip(`${name} is not installed`);
    const built = await farm.client.task({ params: { task: (await submittedTask('served')).id } });
    const log = `${API_PREFIX}/attempts/${built.jobs[0]?.attempts[0]?.id}/log`;
    const artifact = `${API_PREFIX}/tasks/${built.id}/artifacts/${built.artifacts[0]?.name}`;
    for (const path of ['/default/deb/dists/bookworm/InRelease', log, artifact]) {
      const whole = Buffer.from(await (await fetch(url + path, { headers })).arrayBuffer());
      const part = await fetch(url + path, { headers: { ...headers, range: 'bytes=5-14' } });
      expect({ path, status: part.status }).toEqual({ path, status: 206 });
      expect(part.headers.get('content-range')).toBe(`bytes 5-14/${whole.length}`);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(5, 15));
    }
  });

  test('what is not for everybody is not served', async ({ skip }) => {
    if (!server) skip(`${name} is not installed`);
    for (const path of ['/.incoming/', '/default/deb/.x', '/metrics', '/default/deb/']) {
      const { status } = await fetch(url + path, { headers });
      expect({ path, refused: status === 404 || status === 403 }).toEqual({ path, refused: true });
    }
    expect((await fetch(`${url}${API_PREFIX}/tasks`)).status).toBe(401);
  });

  test('a log is seen while it is written, and its end when it ends', async ({ skip }) => {
    if (!server) skip(`${name} is not installed`);
    const task = await submit(farm.client, { artifact: `hang-${name}` });
    const attempt = await runningAttempt(task.id);
    const stop = new AbortController();
    let seen = 0;
    const followed = connect(url, token).followLog(attempt, {
      onBytes: (bytes) => {
        seen += bytes.length;
      },
      // a proxy that passes on no WebSocket fails at once
      reconnects: 1,
      signal: stop.signal,
    });
    followed.catch(() => stop.abort());
    while (seen === 0 && !stop.signal.aborted) await sleep(20);
    expect((await farm.client.task({ params: { task: task.id } })).state).toBe('running');
    await farm.client.cancel({ params: { task: task.id } });
    expect(await followed).toMatchObject({ attempt, outcome: 'cancelled' });
  });

  test('a large upload reaches the api as it is sent', async ({ skip }) => {
    if (!server) skip(`${name} is not installed`);
    const uploads = `${url}${API_PREFIX}/uploads`;
    const json = { ...headers, 'content-type': 'application/json' };
    const announced = await fetch(uploads, { method: 'POST', headers: json, body: JSON.stringify({ length: UPLOAD }) });
    const { id } = (await announced.json()) as { id: string };
    const arrived = async () => {
      const answer = await fetch(`${farm.url}${API_PREFIX}/uploads/${id}`, { headers });
      return (await answer.json()) as { offset: number; sha256: string | null };
    };
    const patch = httpRequest(`${uploads}/${id}`, {
      method: 'PATCH',
      headers: {
        ...headers,
        'content-type': 'application/offset+octet-stream',
        'content-length': UPLOAD,
        'upload-offset': 0,
      },
    });
    const answered = once(patch, 'response') as Promise<[IncomingMessage]>;
    const send = async (bytes: number) => {
      for (let sent = 0; sent < bytes; sent += PIECE.length) {
        if (!patch.write(PIECE)) await once(patch, 'drain');
      }
    };
    await send(UPLOAD / 2);
    // A proxy that keeps the body until it is complete would never pass on the first half.
    while ((await arrived()).offset < UPLOAD / 3) await sleep(50);
    await send(UPLOAD / 2);
    patch.end();
    const [response] = await answered;
    expect(response.statusCode).toBe(204);
    response.resume();
    const hash = createHash('sha256');
    for (let sent = 0; sent < UPLOAD; sent += PIECE.length) hash.update(PIECE);
    expect((await arrived()).sha256).toBe(hash.digest('hex'));
  });
});

async function submittedTask(artifact: string) {
  const { tasks } = await farm.client.tasks({ query: { artifact } });
  const [task] = tasks;
  if (!task) throw new Error(`nothing called ${artifact} was submitted`);
  return task;
}

async function runningAttempt(task: string): Promise<string> {
  for (;;) {
    const { jobs } = await farm.client.task({ params: { task } });
    const attempt = jobs.flatMap(({ attempts }) => attempts).at(-1);
    if (attempt) return attempt.id;
    await sleep(20);
  }
}
