import type { LookupFunction } from 'node:net';
import type { CachedFile, ContentCache } from '../network/content-cache.ts';

/** What an instance lets its definitions fetch. */
export interface SourcePolicy {
  /** Lets sources come from private, loopback and link-local addresses. Default no. */
  allowPrivate?: boolean;
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
  /** Called with each chunk that arrives; `total` when the server said so. */
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

/** The source, from the cache or from its URL, with every declared checksum verified. `path` lies in the cache: copy it, never write to it. */
export async function fetchSource(_request: SourceRequest): Promise<FetchedSource> {
  throw new Error('not written yet');
}
