import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@fatbuildr/config';
import { createLogger, type Running } from '@fatbuildr/service';
import { startWorker } from '@fatbuildr/worker/src/app.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';

export interface TestWorker {
  api: FakeApi;
  /** Everything of this test but what the caller keeps. */
  directory: string;
  state: string;
  cache: string;
  worker: Running;
  stop(): Promise<void>;
}

export interface TestWorkerOptions {
  driver: 'nspawn' | 'fake';
  slots?: number;
  /** Kept between runs: images, environments, packages. A directory of the test's own by default. */
  kept?: string;
  drainMs?: number;
}

/** A worker in this process, with an api of its own that exists in memory only. */
export async function startTestWorker({
  driver,
  slots = 1,
  kept,
  drainMs = 100,
}: TestWorkerOptions): Promise<TestWorker> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-worker-'));
  const api = await startFakeApi(join(directory, 'api'));
  const state = kept ?? join(directory, 'state');
  const cache = kept ?? join(directory, 'cache');
  const secretFile = join(directory, 'secret');
  await mkdir(directory, { recursive: true });
  await writeFile(secretFile, 's3cret\n', { mode: 0o600 });
  const config = {
    paths: { state, cache, run: directory, registry: directory },
    worker: {
      ...{ name: 'test', api: api.url, slots, pool: 'default', secretFile, instances: undefined },
      warm: { enabled: true, maxBytes: 1e9 },
      ccache: { maxBytes: 1e9, artifactBytes: 1e8 },
    },
    containers: { driver },
    commands: {},
    redis: { url: 'redis://nowhere.invalid' },
  } as unknown as Config;
  const worker = await startWorker(
    {
      config,
      version: '0',
      log: createLogger({ name: 'worker', level: 'silent' }),
      openPuller: api.openPuller,
      drainMs,
    },
    new AbortController().signal,
  ).catch(async (error: unknown) => {
    await api.close();
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await worker.stop();
    await api.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { api, directory, state, cache, worker, stop: () => (stopped ??= stop()) };
}
