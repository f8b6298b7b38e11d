import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi } from '@fatbuildr/api/src/start-api.ts';
import { connect } from '@fatbuildr/cli/src/server/connect.ts';
import type { Client } from '@fatbuildr/client';
import { type Config, loadConfig } from '@fatbuildr/config';
import { type Launched, launch } from '@fatbuildr/daemon/src/launch.ts';
import { redisPart } from '@fatbuildr/daemon/src/redis.ts';
import type { TaskDetail } from '@fatbuildr/domain';
import { startPublisher } from '@fatbuildr/publisher/src/app.ts';
import { createLogger, type Running } from '@fatbuildr/service';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { freePort } from '@fatbuildr/testing/free-port';
import { startWorker } from '@fatbuildr/worker/src/app.ts';
import { type Enrolment, enrol } from '@fatbuildr/worker/src/enrol.ts';

const log = createLogger({ name: 'test', level: 'silent' });
const never = new AbortController().signal;

/** A host in this process, enrolled. */
export interface Host {
  config: Config;
  enrolment: Enrolment;
  secret: string;
  worker: Running;
  /** Starts its worker anew, with other architectures. */
  restart(architectures: [string, ...string[]]): Promise<void>;
  /** How often the api said that it does not know it any more. */
  revoked: number;
}

export interface JoinOptions {
  pool?: string;
  instances?: string[];
  reportMs?: number;
  /** Those that the host says it builds for; by default that of this machine. */
  architectures?: [string, ...string[]];
}

/** A control plane with a Redis that listens by TLS on `address`, and hosts that join. */
export interface HostFarm {
  client: Client;
  url: string;
  directory: string;
  redisPort: number;
  restartRedis(): Promise<void>;
  /** Settings of a host with directories of its own; returns the file. */
  hostSettings(name: string, settings?: string): Promise<string>;
  /** Enrols a host and starts its worker here. */
  join(name: string, options?: JoinOptions): Promise<Host>;
  /** Keyring, images and environments of `instance`, on the hosts that are there. */
  equip(instance?: string): Promise<void>;
  ended(task: { id: string }): Promise<TaskDetail>;
  stop(): Promise<void>;
}

export async function hostFarm(address = '127.0.0.1', instances: Record<string, string> = {}): Promise<HostFarm> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-hosts-'));
  const redisPort = await freePort(address);
  const file = await settings(directory, 'farm', [
    `api: { listen: { host: ${address}, port: 0 } }`,
    `redis: { listen: { host: ${address}, port: ${redisPort} } }`,
  ]);
  await mkdir(join(directory, 'farm/instances.d'));
  for (const [id, text] of Object.entries({ default: INSTANCE, ...instances })) {
    await writeFile(join(directory, `farm/instances.d/${id}.yml`), text);
  }
  const config = await loadConfig({ file });
  for (const path of [`${config.paths.state}/redis`, config.paths.run]) await mkdir(path, { recursive: true });
  const part = redisPart({
    socket: config.redis.socket,
    directory: `${config.paths.state}/redis`,
    listen: config.redis.listen,
  });
  let redis: Launched | undefined;
  const startRedis = async () => {
    await part.prepare?.();
    redis = launch(part, () => {});
    await redis.ready;
  };
  const running: Running[] = [{ stop: async () => void (await redis?.stop()) }];
  const stop = async () => {
    for (const one of running.toReversed()) await one.stop();
    await rm(directory, { recursive: true });
  };
  try {
    await startRedis();
    const api = await startApi({ config, version: 'test', log });
    running.push(api);
    config.api.publicUrl = api.url;
    running.push(await startPublisher({ config, version: 'test', log, keyAlgorithm: 'ed25519' }, never));
    const client = connect(`unix://${config.api.socket}`, undefined);

    const ended = async ({ id }: { id: string }): Promise<TaskDetail> => {
      for (;;) {
        const task = await client.task({ params: { task: id } });
        if (task.state === 'done') return task;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const hostSettings = (name: string, line = '') => settings(directory, name, [line]);
    return {
      client,
      url: api.url,
      directory,
      redisPort,
      hostSettings,
      ended,
      stop,
      async restartRedis() {
        await redis?.stop();
        await startRedis();
      },
      async join(name, { reportMs = 200, architectures, ...options } = {}) {
        const { token } = await client.addWorker({ body: { name, ...options } });
        const config = await loadConfig({ file: await hostSettings(name) });
        const enrolment = await enrol(config, { api: api.url, token, fetch });
        const secret = (await readFile(config.worker.secretFile, 'utf8')).trim();
        const onRevoked = () => {
          host.revoked += 1;
        };
        const own = { config, version: 'test', log, reportMs, onRevoked, drainMs: 0 };
        const host: Host = {
          ...{ config, enrolment, secret, revoked: 0 },
          worker: await startWorker(architectures ? { ...own, architectures } : own, never),
          async restart(others) {
            await host.worker.stop();
            host.worker = await startWorker({ ...own, architectures: others }, never);
          },
        };
        running.push({ stop: () => host.worker.stop() });
        return host;
      },
      async equip(instance = 'default') {
        const params = { instance };
        const steps = [
          () => client.createKeyring({ params, body: {} }),
          () => client.imageOperation({ params, body: { operation: 'create' } }),
          () => client.environmentOperation({ params, body: { operation: 'create' } }),
        ];
        for (const submit of steps) {
          const task = await ended(await submit());
          if (task.outcome !== 'success') throw new Error(`${task.kind}: ${task.outcome}, ${task.cause?.message}`);
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function settings(directory: string, name: string, lines: string[]): Promise<string> {
  const own = join(directory, name);
  await mkdir(own, { recursive: true });
  const paths = `paths: { state: ${own}/state, cache: ${own}/cache, run: ${own}/run }`;
  const common = [paths, 'containers: { driver: fake }', `log: { format: text }`];
  const worker = name === 'farm' ? 'worker: { name: local }' : `worker: { name: ${name}, slots: 1 }`;
  await writeFile(join(own, 'fatbuildr.yml'), `${[...common, worker, ...lines].join('\n')}\n`);
  return join(own, 'fatbuildr.yml');
}
