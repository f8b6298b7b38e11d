import { existsSync, statfsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openBlobs } from '@fatbuildr/blobs';
import type { Config } from '@fatbuildr/config';
import { openDatabase } from '@fatbuildr/database';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { openRedisUsers, openTickets, redisFor } from '@fatbuildr/queue';
import { type Logger, type Running, startLocked } from '@fatbuildr/service';
import type { FastifyInstance } from 'fastify';
import { type AppParts, buildApp } from './app.ts';
import { createControl } from './control/control.ts';
import type { Control } from './control/services.ts';
import { readHealth } from './health.ts';
import { instanceView } from './instance-view.ts';
import { logFact } from './log-facts.ts';
import { createMetrics } from './metrics/metrics.ts';
import { readFarm, readKeyrings, readPublisherWarnings } from './metrics/read-farm.ts';

export interface ApiOptions {
  config: Config;
  version: string;
  log: Logger;
  clock?: Clock;
}

/** Where the TCP listener really listens, for a configured port of 0. */
export interface RunningApi extends Running {
  control: Control;
  url: string;
}

/** Starts the control plane: database, blob store, tickets, services, and its three listeners. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { state } = options.config.paths;
  await mkdir(state, { recursive: true, mode: 0o750 });
  const lock = { file: join(state, 'api.lock'), holder: 'An api', setting: 'paths.state' };
  return startLocked(lock, () => startAlone(options));
}

async function startAlone({ config, version, log, clock = systemClock }: ApiOptions): Promise<RunningApi> {
  const { state } = config.paths;
  const database = openDatabase(join(state, 'fatbuildr.db'));
  if (database.migrated.length > 0) log.info({ steps: database.migrated }, 'database migrated');
  const blobs = await openBlobs(join(state, 'blobs'));
  const redis = await redisFor('api', config);
  const onError = (err: Error) => log.warn({ err }, 'trouble with Redis');
  const tickets = openTickets({ redis, onError });
  const redisUsers = openRedisUsers({ redis, onError });
  const keys = {
    instances: config.instances,
    keyring: (instance: string) => control.registry.keyring(instance),
  };
  const readNow = () =>
    readFarm({
      ...keys,
      stores: database.stores,
      workers: () => control.workers.list(),
      redis: () => tickets.ping(),
      state,
      clock,
    });
  const metrics = createMetrics({ version, read: readNow });
  const control = createControl({
    onFact: (fact) => {
      metrics.observe(fact);
      logFact(log, fact);
    },
    database,
    blobs,
    tickets,
    redisUsers,
    config,
    clock,
    log,
    logsDirectory: join(state, 'logs'),
    freeSpace: async () => {
      const { bavail, blocks } = statfsSync(state);
      return bavail / blocks;
    },
  });
  await provideLocalSecret(control, config);
  await control.start();

  const parts: AppParts = {
    control,
    config,
    version,
    metrics,
    queues: async () => (await readNow()).queues.map(({ capability }) => tickets.queue(capability)),
    openBlob: (sha256, range) => blobs.open(sha256, range),
    health: () =>
      readHealth({
        database: () => database.stores.workers.list(),
        redis: async () => {
          if (!(await tickets.ping())) throw new Error('does not answer');
        },
        workers: () => control.workers.list(),
        keyrings: () => readKeyrings(keys),
        repositories: () => readPublisherWarnings(database.stores),
        clock,
        state,
      }),
    instanceView: async (instance) =>
      instanceView(instance, config.api.publicUrl, await control.registry.keyring(instance.id)),
  };
  const listeners = await listen(parts, config, log);
  const [tcp] = listeners;
  log.info({ url: tcp.listeningOrigin, socket: config.api.socket }, 'listening');

  return {
    control,
    url: tcp.listeningOrigin,
    async stop() {
      await Promise.all(listeners.map((app) => app.close()));
      await control.stop();
      await tickets.close();
      await redisUsers.close();
      await database.close();
    },
  };
}

/** TCP for everybody with a token, a socket for the administrator, and one for the publisher. */
async function listen(
  parts: AppParts,
  { api }: Config,
  log: Logger,
): Promise<[FastifyInstance, FastifyInstance, FastifyInstance]> {
  const tcp = await buildApp(parts, { listener: 'tcp', log });
  const local = await buildApp(parts, { listener: 'local', log });
  const internal = await buildApp(parts, { listener: 'internal', log });
  await listenOnSocket(internal, api.internalSocket);
  await listenOnSocket(local, api.socket);
  await listenOnTcp(tcp, api.listen);
  return [tcp, local, internal];
}

async function listenOnTcp(app: FastifyInstance, { host, port }: Config['api']['listen']): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const said = `Port ${port} of ${host} is taken by another program; choose another with api.listen.port.`;
    throw new Error(said, { cause: error });
  }
}

/** The mode of the socket is the authentication: owner and group alone. */
async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  const before = process.umask(0o117);
  try {
    await app.listen({ path });
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o660);
}

/**
 * The worker of the same machine finds its secret in a file; workers elsewhere are enrolled. Without the file there is
 * a new secret, which makes an old one that went astray useless.
 */
async function provideLocalSecret(control: Control, { worker }: Config): Promise<void> {
  const renew = !existsSync(worker.secretFile);
  const { secret } = await control.workers.ensureLocal({ name: worker.name, pool: worker.pool, renew });
  if (secret === null) return;
  await mkdir(dirname(worker.secretFile), { recursive: true, mode: 0o700 });
  await writeFile(worker.secretFile, `${secret}\n`, { mode: 0o600 });
}
