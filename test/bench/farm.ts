import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi } from '@fatbuildr/api/src/start-api.ts';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import type { Client } from '@fatbuildr/client';
import { loadConfig } from '@fatbuildr/config';
import { nodeOptions, type ServiceName } from '@fatbuildr/daemon/src/parts.ts';
import { createLogger } from '@fatbuildr/service';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { freePort } from '@fatbuildr/testing/free-port';
import { startRedis } from './redis.ts';
import { root } from './report.ts';
import { until } from './until.ts';

/** A farm of processes: Redis, api and publisher run; workers are the bench's own affair. */
export interface BenchFarm {
  directory: string;
  url: string;
  redis: string;
  /** As the administrator. */
  client: Client;
  /** Process ids. */
  pids: { api: number; publisher: number; redis: number };
  /** Secrets of the workers that were asked for, in their order. */
  secrets: string[];
  /** The configuration's lines for every process. */
  settings(more?: string): string;
  /** Starts a program of `apps/` with a configuration of its own. */
  start(app: string, configuration: string): Promise<ChildProcess>;
  stop(): Promise<void>;
}

export interface BenchFarmOptions {
  /** Names of workers to make known. */
  workers: readonly string[];
  /** Options of Node for the api, to profile it. */
  apiOptions?: readonly string[];
}

/** Starts a farm in a directory of its own; nothing of it is left after `stop`. */
export async function startBenchFarm({ workers, apiOptions = [] }: BenchFarmOptions): Promise<BenchFarm> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-bench-'));
  const children: ChildProcess[] = [];
  let programs = 0;
  const port = await freePort();
  const redis = `unix://${directory}/redis.sock`;
  const settings = (more = 'worker: { name: none }') =>
    [
      `paths: { state: ${directory}/state, cache: ${directory}/cache, run: ${directory}/run }`,
      `api: { listen: { host: 127.0.0.1, port: ${port} }, uploadLimit: 8GiB }`,
      `redis: { url: "${redis}" }`,
      'containers: { driver: fake }',
      'limits: { logBytes: 4GiB }',
      'log: { level: warn, format: text }',
      more,
      '',
    ].join('\n');

  const run = (command: string, args: readonly string[]): ChildProcess => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
  };
  const start = async (app: ServiceName, configuration: string, options: readonly string[] = []) => {
    const file = await writeConfiguration(directory, `${app}-${programs++}`, configuration);
    // the parent's death is theirs
    const main = join(root, 'apps', app, 'src/main.ts');
    return run('setpriv', [
      '--pdeathsig',
      'KILL',
      process.execPath,
      ...nodeOptions(app),
      ...options,
      main,
      '--config',
      file,
    ]);
  };
  const stop = async () => {
    for (const child of children.toReversed()) await ended(child);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };

  try {
    const { process: redisServer } = await startRedis(directory);
    children.push(redisServer);
    const secrets = await makeWorkers(await writeConfiguration(directory, 'first', settings()), workers);
    const api = await start('api', settings(), apiOptions);
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}/livez`).catch(() => undefined))?.ok === true, 30_000);
    const client = connect(`unix://${directory}/run/api.sock`, undefined);
    const publisher = await start('publisher', settings());
    await finished(client, (await client.createKeyring({ params: { instance: 'default' }, body: {} })).id);
    const pids = { api: api.pid as number, publisher: publisher.pid as number, redis: redisServer.pid as number };
    return { directory, url, redis, client, pids, secrets, settings, start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until a task has ended; throws when it did not end well. */
export async function finished(client: Client, id: string, withinMs = 60_000): Promise<void> {
  await until(async () => (await client.task({ params: { task: id } })).state === 'done', withinMs);
  const { kind, outcome, cause } = await client.task({ params: { task: id } });
  if (outcome !== 'success') throw new Error(`${kind} ended as ${outcome}: ${cause?.message}`);
}

/** Ends a process and waits for it. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}

/** An api that lives for a moment makes the workers known. */
async function makeWorkers(file: string, names: readonly string[]): Promise<string[]> {
  const config = await loadConfig({ file });
  const log = createLogger({ name: 'api', level: 'silent', format: 'text' });
  const api = await startApi({ config, version: 'bench', log });
  try {
    const secrets: string[] = [];
    for (const name of names) {
      const { secret } = await api.control.workers.ensureLocal({ name, pool: 'default' });
      secrets.push(secret ?? '');
    }
    return secrets;
  } finally {
    await api.stop();
  }
}

async function writeConfiguration(directory: string, name: string, text: string): Promise<string> {
  const etc = join(directory, 'etc', name);
  await mkdir(join(etc, 'instances.d'), { recursive: true });
  await writeFile(join(etc, 'instances.d/default.yml'), INSTANCE);
  await writeFile(join(etc, 'fatbuildr.yml'), text);
  return join(etc, 'fatbuildr.yml');
}
