import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath } from '@fatbuildr/blobs';
import { unixFetch } from '@fatbuildr/client/node';
import { createTransport, createWorkerApi } from '@fatbuildr/client/worker';
import type { Config } from '@fatbuildr/config';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { openPuller, redisFor } from '@fatbuildr/queue';
import { openAptRegistry, readPackageInChild } from '@fatbuildr/registry';
import { type Logger, type Running, retry, startLocked } from '@fatbuildr/service';
import { startAttempt } from './attempt/run-attempt.ts';
import { ensureConfigured } from './ensure-configured.ts';
import { describeHost } from './host.ts';
import { changeKeyring } from './jobs/keyring.ts';
import { publish } from './jobs/publish.ts';
import { deletePackages } from './jobs/registry-delete.ts';
import type { Workshop } from './jobs/workshop.ts';
import { openKeyrings } from './keyrings.ts';
import { type Loop, startLoop } from './loop.ts';
import { contentsOf } from './publications.ts';

export interface PublisherOptions {
  config: Config;
  version: string;
  log: Logger;
  clock?: Clock;
  /** Of keyrings made here; RSA 4096 by default. */
  keyAlgorithm?: 'rsa4096' | 'ed25519';
}

/**
 * Starts the publisher: what a crash left is put right, every configured repository exists, the api knows what is
 * published, and tickets are drawn. It is the only one that reads keyrings and writes the registry tree.
 */
export async function startPublisher(options: PublisherOptions, signal: AbortSignal): Promise<Running> {
  const directory = join(options.config.paths.state, 'publisher');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'publisher.lock');
  return startLocked({ file, holder: 'A publisher', setting: 'paths.state' }, () => startAlone(options, signal));
}

async function startAlone(options: PublisherOptions, signal: AbortSignal): Promise<Running> {
  const { config, version, log, clock = systemClock, keyAlgorithm } = options;
  const { state, registry: tree } = config.paths;
  const registry = openAptRegistry({ tree, database: join(state, 'publisher', 'registry.db'), clock });
  const keyrings = await openKeyrings({
    directory: join(state, 'keyrings'),
    records: join(state, 'publisher', 'keyring-tasks'),
    clock,
    ...(keyAlgorithm ? { algorithm: keyAlgorithm } : {}),
  });
  const workshop: Workshop = {
    config,
    registry,
    keyrings,
    blobPath: (sha256) => blobPath(join(state, 'blobs'), sha256),
    read: readPackageInChild,
  };
  const works = {
    publish: publish(workshop),
    'registry-delete': deletePackages(workshop),
    keyring: changeKeyring(workshop),
  };

  const recovered = await registry.recover();
  if (recovered.finished + recovered.forgotten > 0) log.info(recovered, 'put right what a crash left half done');
  await ensureConfigured(workshop, log);

  const redis = await redisFor('publisher', config);
  const late: { loop?: Loop } = {};
  const transport = createTransport({
    url: 'http://localhost',
    fetch: unixFetch(config.api.internalSocket),
    retry,
    onOutage({ began, error }) {
      if (began) log.warn({ err: error }, 'the api does not answer; going on without');
      else log.info('the api answers again');
      if (!began) void late.loop?.resume();
    },
  });
  const api = createWorkerApi(transport);
  late.loop = await startLoop(
    {
      api,
      openPuller: (queues) =>
        openPuller({
          redis,
          queues,
          onError: (err) => log.warn({ err }, 'trouble with Redis'),
        }),
      start: (claim, order, heartbeatMs) => startAttempt(claim, order, heartbeatMs, { api, works, log }),
      contents: () => contentsOf(workshop),
      host: () => describeHost(tree, version),
      log,
    },
    signal,
  );
  return {
    async stop() {
      await late.loop?.stop();
      registry.close();
    },
  };
}
