import { createReadStream, statSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { createJobNetwork, type JobNetwork } from '@fatbuildr/containers';
import { type ContentCache, createContentCache } from '@fatbuildr/worker/src/network/content-cache.ts';
import type { FetchRecord } from '@fatbuildr/worker/src/network/fetch-record.ts';
import { type LoopbackServer, loopbackServer, temporaryDirectory } from '@fatbuildr/worker/src/network/loopback.ts';
import { createJobProxy, type JobProxy } from '@fatbuildr/worker/src/network/proxy.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeRepository } from './debian-repository.ts';

const NAMES = ['one', 'two', 'three', 'four', 'five'];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let mirror: LoopbackServer;
let cache: ContentCache;
let proxy: JobProxy;
let network: JobNetwork;
let onConnection: JobProxy['serve'];
let records: FetchRecord[];

/** apt inside the job's network namespace, with a state of its own. */
async function apt(args: readonly string[], options: { repository?: string; through?: string } = {}) {
  const { repository = 'debian', through = network.proxyUrl } = options;
  const state = join(directory.path, 'apt');
  for (const folder of ['etc/apt.conf.d', 'state/lists/partial', 'cache/archives/partial', 'work']) {
    await mkdir(join(state, folder), { recursive: true });
  }
  await writeFile(join(state, 'etc/sources.list'), `deb [trusted=yes] ${mirror.url}/${repository} stable main\n`);
  const settings = {
    'Dir::Etc': join(state, 'etc'),
    'Dir::State': join(state, 'state'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(state, 'cache'),
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Retries': '0',
    'Acquire::http::Timeout': '5',
    'Acquire::http::Proxy': through,
  };
  const conf = join(directory.path, 'apt.conf');
  await writeFile(
    conf,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  );
  const env = { APT_CONFIG: conf, LC_ALL: 'C' };
  return execa('ip', ['netns', 'exec', network.namespace, 'apt-get', ...args], {
    env,
    cwd: join(state, 'work'),
    all: true,
    reject: false,
  });
}

async function startJob(): Promise<void> {
  records = [];
  const allow = [{ url: `${mirror.url}/debian/` }];
  proxy = createJobProxy({ allow, cache, onFetch: (record) => records.push(record) });
  onConnection = proxy.serve;
}

beforeAll(async () => {
  directory = await temporaryDirectory();
  const root = join(directory.path, 'mirror');
  await writeRepository(join(root, 'debian'), NAMES);
  await writeRepository(join(root, 'private'), ['secret']);
  mirror = await loopbackServer((request, response) => {
    const path = join(root, normalize(request.url ?? '/'));
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    response.writeHead(size === undefined ? 404 : 200, { 'content-length': size ?? 0 });
    if (size === undefined) response.end();
    else createReadStream(path).pipe(response);
  });
  network = await createJobNetwork({ name: `test-${process.pid}`, onConnection: (socket) => onConnection(socket) });
});

afterAll(async () => {
  await network.remove();
  await mirror[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

describe('apt in a network namespace that holds nothing but the proxy', () => {
  beforeEach(async () => {
    cache = createContentCache({ directory: join(directory.path, 'cache'), keepMs: 0 });
    await startJob();
    return () => proxy.close();
  });

  it('updates and downloads; the next job takes the packages from the cache', async () => {
    for (const args of [['update'], ['download', ...NAMES]]) {
      expect(await apt(args)).toMatchObject({ exitCode: 0 });
    }
    expect(await readdir(join(directory.path, 'apt/work'))).toHaveLength(NAMES.length);
    await proxy.close();
    const debs = records.filter(({ url }) => url.endsWith('.deb'));
    expect(debs).toHaveLength(NAMES.length);
    expect(debs.every(({ bytes, sha256, fromCache }) => bytes > 300_000 && sha256 !== null && !fromCache)).toBe(true);

    await startJob();
    await execa('rm', ['-r', join(directory.path, 'apt')]);
    const asked = mirror.asked.length;
    for (const args of [['update'], ['download', ...NAMES]]) {
      expect(await apt(args)).toMatchObject({ exitCode: 0 });
    }
    await proxy.close();
    expect(records.filter(({ fromCache }) => fromCache)).toHaveLength(NAMES.length + 1);
    expect(mirror.asked.slice(asked).filter((line) => /\.deb|by-hash/.test(line))).toEqual([]);
  });

  it('shows in the words of apt why a repository is refused', async () => {
    const run = await apt(['update'], { repository: 'private' });
    expect(run.exitCode).not.toBe(0);
    expect(run.all).toContain("403  Refused by the build farm: not below the instance's mirror");
    await proxy.close();
    expect(records.length).toBeGreaterThan(0);
    expect(records.every(({ status }) => status === 403)).toBe(true);
  });

  it('reaches nothing without the proxy', async () => {
    const run = await apt(['update'], { through: 'DIRECT' });
    expect(run.exitCode).not.toBe(0);
    expect(records).toEqual([]);
  });
});
