import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { streamingFetch } from '@fatbuildr/client/node';
import { createTransport, createWorkerApi } from '@fatbuildr/client/worker';
import { type Config, hostMirrors } from '@fatbuildr/config';
import { createNspawnRunner, reap, removeTree } from '@fatbuildr/containers';
import { Failure } from '@fatbuildr/domain';
import { openPuller, type RedisAddress, redisPassword, redisUsername } from '@fatbuildr/queue';
import { type Logger, type Running, retry, startLocked } from '@fatbuildr/service';
import { enrolledRedis, readEnrolment } from './enrol.ts';
import { hostArchitecture, runnableArchitectures } from './host/architectures.ts';
import { watchDisks } from './host/disk.ts';
import { createHostReporter } from './host/report.ts';
import { buildDeb } from './jobs/build-deb/build-deb.ts';
import { buildOsi } from './jobs/build-osi/build-osi.ts';
import { buildRpm } from './jobs/build-rpm/build-rpm.ts';
import { environment } from './jobs/environment/environment.ts';
import { exec } from './jobs/exec.ts';
import { fakeWorks } from './jobs/fake.ts';
import type { FakePackages } from './jobs/fake-packages.ts';
import { fetchDefinition } from './jobs/fetch/fetch.ts';
import type { Host } from './jobs/host.ts';
import { image } from './jobs/image/image.ts';
import type { Works } from './jobs/job.ts';
import { startAttempt } from './jobs/run-attempt.ts';
import { shell } from './jobs/shell.ts';
import { type Loop, type Puller, startLoop } from './loop.ts';
import { createContentCache } from './network/content-cache.ts';
import { createSourceCache } from './sources/source-cache.ts';
import { createCompilerCaches } from './trees/compiler-caches.ts';
import { createTreeStore, generationsOf, type TreeStore } from './trees/tree-store.ts';
import { createWarmLayers, type WarmLayers } from './trees/warm-layers.ts';

export interface WorkerOptions {
  config: Config;
  version: string;
  log: Logger;
  /** A proxy that stands before everything outside; `http://host:port`. */
  upstreamProxy?: string | undefined;
  /** How long (ms) a stop waits for running jobs before it hands them back. */
  drainMs?: number;
  /** Draws tickets; from Redis by default. */
  openPuller?: (queues: string[]) => Puller;
  /** How often (ms) the host reports. */
  reportMs?: number;
  /** Those that this host builds for, its own first; by default what runs on this machine, on a fake host its own. */
  architectures?: [string, ...string[]];
  /** Makes the RPM packages of the fake driver. */
  fakeRpms?: FakePackages;
  /** How long (ms) a shell is kept that nobody is at; two minutes by default. */
  shellLeftMs?: number;
  /** Called when the api does not know this worker any more, and all it did is cleared away. */
  onRevoked?: () => void;
}

const SHELL_LEFT_MS = 2 * 60_000;

/** How much the cache of packages may hold, bytes. */
const PACKAGE_CACHE = 20 * 1024 ** 3;

/**
 * Starts a build host: resolves once it is registered at the api and draws tickets. Its trees and workspaces are its
 * own: what a second worker does not know of there it would clear away.
 */
export function startWorker(options: WorkerOptions, signal: AbortSignal): Promise<Running> {
  const { state, cache } = options.config.paths;
  const trees = { file: join(state, 'worker.lock'), holder: 'A worker', setting: 'paths.state' };
  const workspaces = { file: join(cache, 'workspaces.lock'), holder: 'A worker', setting: 'paths.cache' };
  return startLocked(trees, () => startLocked(workspaces, () => startAlone(options, signal)));
}

async function startAlone(options: WorkerOptions, signal: AbortSignal): Promise<Running> {
  const { config, version, log, drainMs = 20_000 } = options;
  const { paths, worker } = config;
  const trees = createTreeStore(paths.state);
  const disk = watchDisks([paths.state, paths.cache], worker.minFreeDisk);
  const isFake = config.containers.driver === 'fake';
  const [architecture = hostArchitecture()] = options.architectures ?? [];
  const { architectures, limitations } =
    isFake || options.architectures
      ? { architectures: options.architectures ?? [architecture], limitations: [] }
      : await runnableArchitectures(architecture);
  const reporter = createHostReporter(config, { trees, disk, architectures, version });
  const enrolment = await readEnrolment(config);
  const apiUrl = enrolment?.api ?? worker.api;
  const secret = await readSecret(worker.secretFile, { isLocal: enrolment === undefined, log, signal });
  const workspaces = join(paths.cache, 'workspaces');
  const late: { loop?: Loop } = {};

  const transport = createTransport({
    url: apiUrl,
    secret,
    fetch: streamingFetch(),
    retry,
    onOutage({ began, error }) {
      if (began) log.warn({ err: error }, 'the api does not answer; going on without');
      else log.info('the api answers again');
      if (!began) void late.loop?.resume();
    },
  });
  const api = createWorkerApi(transport);
  const changed = async () => late.loop?.report();
  const warn = (message: string) => {
    log.warn({ reason: message }, 'this host has a limitation');
    // Said of each container anew; of the host it is one thing.
    reporter.warn(message.replace(/^container \S+ runs/, 'containers run'));
  };
  for (const limitation of limitations) warn(limitation);

  await trees.collect();
  const warm = await openWarmLayers(config, trees);
  const ccache = createCompilerCaches({ directory: join(paths.cache, 'ccache'), ...worker.ccache });
  await ccache.collect();
  const works = isFake
    ? fakeHost(warn, () => fakeWorks({ trees, architecture, changed, rpms: options.fakeRpms }))
    : realWorks({
        runner: createNspawnRunner({ warn }),
        trees,
        packages: createContentCache({ directory: join(paths.cache, 'packages'), maxBytes: PACKAGE_CACHE, log }),
        warm,
        ccache,
        sources: createSourceCache({ directory: paths.cache, log }),
        mirrors: () => hostMirrors(),
        architecture,
        commands: config.commands,
        apiUrl,
        authorization: `Bearer ${secret}`,
        code: fileURLToPath(new URL('../../..', import.meta.url)),
        upstreamProxy: options.upstreamProxy,
        shellLeftMs: options.shellLeftMs ?? SHELL_LEFT_MS,
        changed,
        log,
      });

  const redis = enrolment ? enrolledRedis(enrolment) : localRedis(config, secret);
  const loop = await startLoop(
    {
      api,
      openPuller: options.openPuller ?? ((queues) => openRedisPuller(redis, queues, log)),
      start: (claim, order, heartbeatMs) =>
        startAttempt(claim, order, heartbeatMs, { api, works, workspaces, log, hostFull: disk.full }),
      host: reporter.read,
      reap: (isLive) => reapWorkspaces(workspaces, isLive, log),
      slots: worker.slots,
      log,
      ...(options.onRevoked ? { onRevoked: options.onRevoked } : {}),
      ...(options.reportMs === undefined ? {} : { reportMs: options.reportMs }),
    },
    signal,
  );
  late.loop = loop;
  return { stop: () => loop.stop(drainMs) };
}

/** Undefined where they are switched off: what was kept goes. */
async function openWarmLayers({ paths, worker }: Config, trees: TreeStore): Promise<WarmLayers | undefined> {
  const directory = join(paths.cache, 'warm');
  if (!worker.warm.enabled) {
    await removeTree(directory);
    return undefined;
  }
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const warm = createWarmLayers({ directory, maxBytes: worker.warm.maxBytes, boot });
  await warm.collect(await generationsOf(trees));
  return warm;
}

function realWorks(host: Host): Works {
  return {
    'build-deb': buildDeb(host),
    'build-rpm': buildRpm(host),
    'build-osi': buildOsi(host),
    fetch: fetchDefinition(host),
    image: image(host),
    environment: environment(host),
    exec: exec(host),
    shell: shell(host),
  };
}

function fakeHost(warn: (message: string) => void, works: () => Works): Works {
  warn('containers.driver is "fake": nothing is built here, every package is made up. For tests only.');
  return works();
}

function openRedisPuller(redis: RedisAddress, queues: string[], log: Logger): Puller {
  return openPuller({ redis, queues, onError: (err) => log.warn({ err }, 'trouble with Redis') });
}

/** How the worker on the machine of the api reaches Redis: as a user of its own where there are any. */
function localRedis({ redis, worker }: Config, secret: string): RedisAddress {
  if (redis.url !== undefined) return { url: redis.url };
  const url = `unix://${redis.socket}`;
  if (!redis.listen) return { url };
  return { url, username: redisUsername(worker.name), password: redisPassword(secret) };
}

/** Removes what dead attempts left. What resists is tried again before the next job. */
async function reapWorkspaces(workspaces: string, isLive: (id: string) => boolean, log: Logger): Promise<void> {
  const { removed, failed } = await reap({ workspaces, isLive });
  if (removed.length > 0) log.info({ attempts: removed }, 'cleared away what dead attempts left');
  if (failed.length > 0) log.warn({ failed }, 'some of what dead attempts left could not be cleared away');
}

/** The api of the same machine may be starting just now: its file is waited for, half a minute. */
async function readSecret(
  file: string,
  { isLocal, log, signal }: { isLocal: boolean; log: Logger; signal: AbortSignal },
): Promise<string> {
  const patience = { attempts: isLocal ? 12 : 1, delay: 100, maxDelay: 5_000, signal };
  const onRetry = (_error: unknown, tries: number) => {
    if (tries === 1) log.info({ file }, 'waiting for the api to write the secret of this worker');
  };
  const secret = await retry(() => readFile(file, 'utf8'), { ...patience, onRetry }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Failure('infrastructure-failure', `The secret of this worker cannot be read from ${file}.`, {
      hint: 'The api of the same machine writes it when it starts; for another machine: fatbuildrctl workers add NAME, and the command it prints.',
      cause,
    });
  });
  return secret.trim();
}
