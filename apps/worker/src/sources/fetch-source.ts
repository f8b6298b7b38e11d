import { lookup as lookupHost } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '@fatbuildr/domain';
import { download, parseSourceUrl, type Trouble, troubleOf } from '@fatbuildr/service';
import type { CachedFile, ContentCache } from '../network/content-cache.ts';
import { type Checksum, createDigester, parseChecksums, verifyFile } from './checksums.ts';
import { createSharedWork, type SharedWork } from './shared-work.ts';

/** What an instance lets its definitions fetch. */
export interface SourcePolicy {
  /** Lets sources come from private, loopback and link-local addresses: all of them, or those of the hosts named here. Default no. */
  allowPrivate?: boolean | readonly string[];
  /** Default 2 GiB. */
  maxBytes?: number;
  /** For all attempts together. Default ten minutes. */
  maxMs?: number;
  /** How long a server may send nothing. Default 30 s. */
  stallMs?: number;
}

export interface SourceRequest {
  url: string;
  /** Hash name to hex digest: at least one, and all of them must match. */
  checksums: Readonly<Record<string, string>>;
  /** What users call the file, for messages. */
  filename: string;
  policy?: SourcePolicy;
  cache: ContentCache;
  /** Called with each chunk that arrives, of the caller that started the download; `total` when the server said so. */
  onProgress?: (progress: { received: number; total: number | undefined }) => void;
  /** Its reason is thrown when it fires. */
  signal?: AbortSignal;
  /** How names become addresses; `dns.lookup` by default. */
  lookup?: LookupFunction;
  /** Waits (ms) before the second and third attempt. */
  backoffMs?: readonly number[];
}

export interface FetchedSource extends CachedFile {
  fromCache: boolean;
}

/** Downloads under way into each cache. */
const downloads = new WeakMap<ContentCache, SharedWork<FetchedSource>>();

/**
 * The source, from the cache or from its URL, with every declared checksum verified. `path` lies in the cache: copy it, never write to it.
 *
 * Callers that want the same source at once share one download. What fails is a {@link Failure}; {@link Trouble} says whose fault it is.
 */
export async function fetchSource(request: SourceRequest): Promise<FetchedSource> {
  const { cache, filename, policy = {}, signal } = request;
  const checksums = parseChecksums(request.checksums, filename);
  const url = parseSourceUrl(request.url).href;
  const shared = downloads.get(cache) ?? createSharedWork<FetchedSource>();
  downloads.set(cache, shared);
  const key = JSON.stringify([url, checksums, policy]);
  return shared.run(key, signal, async (stop) => {
    const held = await lookInCache(cache, checksums, filename);
    return held === undefined ? await fetchAnew(request, checksums, stop) : { ...held, fromCache: true };
  });
}

async function lookInCache(
  cache: ContentCache,
  checksums: readonly Checksum[],
  filename: string,
): Promise<CachedFile | undefined> {
  for (const checksum of checksums) {
    const bySha256 = checksum.algorithm === 'sha256';
    const file = await (bySha256 ? cache.get(checksum.hex) : cache.find(cacheName(checksum)));
    if (file === undefined) continue;
    await verifyFile(file.path, checksums.filter(isOther), filename);
    return file;
  }
  return undefined;
}

/** Tries until it succeeds, the trouble will not pass, attempts run out, or time does. */
async function fetchAnew(
  request: SourceRequest,
  checksums: readonly Checksum[],
  stop: AbortSignal,
): Promise<FetchedSource> {
  const { policy = {}, backoffMs = [1_000, 5_000] } = request;
  const { maxMs = 600_000 } = policy;
  const timeUp = AbortSignal.timeout(maxMs);
  const signal = AbortSignal.any([stop, timeUp]);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await fetchOnce(request, checksums, signal);
    } catch (error) {
      stop.throwIfAborted();
      if (error instanceof Failure) throw error;
      const trouble: Trouble = timeUp.aborted ? tooSlow(maxMs) : troubleOf(error);
      const pause = backoffMs[attempt];
      if (!trouble.mayPass || pause === undefined) throw unreachable(request, checksums, trouble, attempt + 1, error);
      await delay(pause, undefined, { signal: stop });
    }
  }
}

async function fetchOnce(
  request: SourceRequest,
  checksums: readonly Checksum[],
  signal: AbortSignal,
): Promise<FetchedSource> {
  const { url, filename, policy = {}, cache, onProgress, lookup = lookupHost } = request;
  const { allowPrivate = false, maxBytes = 2 * 1024 ** 3, stallMs = 30_000 } = policy;
  const digester = createDigester(checksums);
  const writer = await cache.writer();
  let received = 0;
  async function onChunk(chunk: Buffer, total: number | undefined): Promise<void> {
    digester.update(chunk);
    await writer.write(chunk);
    received += chunk.length;
    onProgress?.({ received, total });
  }
  try {
    await download({ url, allowPrivate, maxBytes, stallMs, lookup, signal, onChunk });
    digester.verify(filename, url);
    await writer.finish();
    const file = await writer.keep(checksums.filter(isOther).map(cacheName));
    return { ...file, fromCache: false };
  } finally {
    await writer.discard();
  }
}

function unreachable(
  { url, filename, cache }: SourceRequest,
  checksums: readonly Checksum[],
  { outcome, text }: Trouble,
  attempts: number,
  cause: unknown,
): Failure {
  const sha256 = checksums.find((checksum) => !isOther(checksum))?.hex;
  const byHand =
    sha256 === undefined
      ? 'declare its sha256 too and put the file into the source cache of the build host'
      : `put the file into the source cache of the build host: install -D -m 0644 '${filename}' ${cache.pathOf(sha256)}`;
  const tries = attempts === 1 ? '' : ` (${attempts} attempts)`;
  return new Failure(outcome, `${filename} could not be fetched from ${url}: ${text}${tries}`, {
    hint: `Check the URL, or ${byHand}`,
    cause,
  });
}

function tooSlow(maxMs: number): Trouble {
  return { outcome: 'infrastructure-failure', mayPass: false, text: `it took longer than ${maxMs / 1000} s` };
}

function isOther(checksum: Checksum): boolean {
  return checksum.algorithm !== 'sha256';
}

/** By what name the cache leads from a checksum that is no sha256 to the file. */
function cacheName({ algorithm, hex }: Checksum): string {
  return `${algorithm}:${hex}`;
}
