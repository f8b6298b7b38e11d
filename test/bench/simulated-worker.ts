import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { streamingFetch } from '@fatbuildr/client/node';
import { createTransport, createWorkerApi } from '@fatbuildr/client/worker';
import { Failure, type HeldTree } from '@fatbuildr/domain';
import { openPuller } from '@fatbuildr/queue';
import { createLogger, retry } from '@fatbuildr/service';
import { hostArchitecture } from '@fatbuildr/worker/src/host/architectures.ts';
import type { Works } from '@fatbuildr/worker/src/jobs/job.ts';
import { startAttempt } from '@fatbuildr/worker/src/jobs/run-attempt.ts';
import { startLoop } from '@fatbuildr/worker/src/loop.ts';
import { environmentId, imageId } from '@fatbuildr/worker/src/trees/tree-id.ts';
import type { BenchFarm } from './farm.ts';

export interface SimulatedWorker {
  /** Attempts that are over. */
  readonly done: number;
  stop(): Promise<void>;
}

export interface SimulatedWorkerOptions {
  name: string;
  secret: string;
  slots: number;
  /** What a build does here. */
  build: Works['build-deb'];
}

/** The worker's own loop, attempts and log in this process, as a host that builds what the bench says. */
export async function simulateWorker(
  farm: Pick<BenchFarm, 'directory' | 'redis' | 'url'>,
  { name, secret, slots, build }: SimulatedWorkerOptions,
): Promise<SimulatedWorker> {
  const api = createWorkerApi(createTransport({ url: farm.url, secret, fetch: streamingFetch(), retry }));
  const log = createLogger({ name, level: 'warn', format: 'text' });
  const refuse = () => Promise.reject(new Failure('infrastructure-failure', 'A simulated worker only builds.'));
  const works: Works = {
    'build-deb': build,
    'build-rpm': refuse,
    'build-osi': refuse,
    fetch: refuse,
    image: refuse,
    environment: refuse,
    exec: refuse,
    shell: refuse,
  };
  const workspaces = join(farm.directory, 'workspaces', name);
  let done = 0;
  const loop = await startLoop(
    {
      api,
      openPuller: (queues) => openPuller({ redis: farm.redis, queues, onError: (err) => log.warn({ err }, 'Redis') }),
      start(claim, order, heartbeatMs) {
        const attempt = startAttempt(claim, order, heartbeatMs, { api, works, workspaces, log });
        void attempt.over.then(() => done++);
        return attempt;
      },
      host: async () => ({ ...host, name, slots }),
      reap: async () => {},
      slots,
      log,
    },
    new AbortController().signal,
  );
  return {
    get done() {
      return done;
    },
    stop: () => loop.stop(0),
  };
}

/** A build that takes `ms` and makes nothing: its task ends with it. */
export function nothing(ms: number): Works['build-deb'] {
  return async ({ signal }) => {
    if (ms > 0) await sleep(ms, undefined, { signal });
    throw new Failure('build-failure', 'Nothing was built.');
  };
}

const architecture = hostArchitecture();
const tree = (id: Pick<HeldTree, 'kind' | 'name' | 'instance' | 'format' | 'environment' | 'architecture'>) => ({
  ...id,
  generation: '1',
  created: 0,
  bytes: null,
});
const host = {
  version: 'bench',
  driver: 'fake',
  architectures: [architecture],
  trees: [
    tree(imageId('deb', architecture)),
    tree(environmentId({ instance: 'default', format: 'deb', name: 'bookworm', architecture })),
  ],
  disk: null,
  warnings: [],
};
