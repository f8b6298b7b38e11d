import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath } from '@fatbuildr/blobs';
import { unixFetch } from '@fatbuildr/client/node';
import { createTransport, createWorkerApi } from '@fatbuildr/client/worker';
import type { Config } from '@fatbuildr/config';
import { type Clock, systemClock } from '@fatbuildr/domain';
import { openPuller, redisFor } from '@fatbuildr/queue';
import { openReaders, openRegistry } from '@fatbuildr/registry';
import { every, type Logger, type Running, retry, startLocked } from '@fatbuildr/service';
import { startAttempt } from './attempt/run-attempt.ts';
import { contentsOf } from './contents.ts';
import { ensureConfigured } from './ensure-configured.ts';
import { gateOf } from './gate.ts';
import { describeHost, SLOTS } from './host.ts';
import { registryCare } from './jobs/registry-care.ts';
import { worksOf } from './jobs/works.ts';
import type { Workshop } from './jobs/workshop.ts';
import { openKeyrings } from './keyrings.ts';
import { type Loop, startLoop } from './loop.ts';
import { readingUser } from './reading-user.ts';
import { openTelling } from './telling.ts';
import { watchKeys } from './watch-keys.ts';

/** How often (ms) the repositories are looked after that nobody asks anything of, what came of that, and the keys. */
const REPOSITORIES_MS = 3_600_000;
const NEWS_MS = 60_000;
const KEYS_MS = 24 * 3_600_000;

export interface PublisherOptions {
  config: Config;
  version: string;
  log: Logger;
  clock?: Clock;
  /** Of keyrings made here; RSA 4096 by default. */
  keyAlgorithm?: 'rsa4096' | 'ed25519';
  /** Between two publications of one repository (ms), see `openRegistry`. */
  spacingMs?: number;
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
  const { config, version, log, clock = systemClock, keyAlgorithm, spacingMs } = options;
  const { state, registry: tree } = config.paths;
  const keyrings = await openKeyrings({
    directory: join(state, 'keyrings'),
    spool: join(state, 'publisher', 'import'),
    clock,
    ...(keyAlgorithm ? { algorithm: keyAlgorithm } : {}),
  });
  const gate = gateOf(config, async (instance) => (await keyrings.get(instance)).armoredPublicKey());
  const registry = openRegistry({
    ...{ tree, database: join(state, 'publisher', 'registry.db'), clock },
    signerFor: keyrings.signerFor,
    ...(gate ? { gate } : {}),
    ...(spacingMs === undefined ? {} : { spacingMs }),
  });
  const recovered = await registry.recover();
  if (recovered.finished + recovered.forgotten > 0) log.info(recovered, 'put right what a crash left half done');
  for (const { error: err, ...repository } of registry.troubles()) {
    log.error(
      { err, ...repository },
      'a repository is damaged; the others go on. fatbuildrctl registry check mends it',
    );
  }
  await ensureConfigured({ config, registry, keyrings }, log);

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
  // Told to the end even while the publisher stops: what runs then is finished where it was committed.
  const closing = new AbortController();
  const giveUpStarting = () => closing.abort(signal.reason);
  signal.addEventListener('abort', giveUpStarting);
  const instances = () => contentsOf({ config, keyrings });
  const readers = openReaders(await readingUser(log));
  const telling = openTelling({ api, registry, instances, signal: closing.signal, log });
  const care = registryCare({ registry, readers, importRoots: config.imports.roots, clock });
  const workshop: Workshop = {
    ...{ config, registry, keyrings, telling, care },
    blobPath: (sha256) => blobPath(join(state, 'blobs'), sha256),
    readers,
  };
  const works = worksOf(workshop);
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
      tellEverything: telling.everything,
      host: () => describeHost({ tree, version, registry, telling }),
      slots: SLOTS,
      log,
    },
    signal,
  );
  signal.removeEventListener('abort', giveUpStarting);

  const stopping = new AbortController();
  const untilStop = (what: string) => ({
    signal: stopping.signal,
    onError: (err: unknown) => log.error({ err }, `${what} could not be looked after`),
  });
  const lookingAfter = [
    every(REPOSITORIES_MS, () => ensureConfigured(workshop, log), untilStop('the repositories')),
    every(NEWS_MS, telling.news, untilStop('what the registry published by itself')),
    every(KEYS_MS, () => watchKeys(workshop, { clock, log, changed: telling.everything }), untilStop('the keys')),
  ];
  return {
    async stop() {
      stopping.abort();
      await late.loop?.stop();
      closing.abort();
      await Promise.all(lookingAfter);
      await readers.close();
      registry.close();
    },
  };
}
