import type { LookupFunction } from 'node:net';
import type { ContentCache, WarningLog } from './content-cache.ts';
import type { Rule } from './rules.ts';

/** What became of one request. */
export interface FetchRecord {
  method: string;
  /** As normalised; `host:port` of a CONNECT, whose content stays unseen. */
  url: string;
  /** What the job was told: 403 refused, 502 and 504 the upstream failed. */
  status: number;
  /** Bytes of body handed to the job. */
  bytes: number;
  /** Hex, of a complete 200 body; null otherwise. */
  sha256: string | null;
  fromCache: boolean;
  durationMs: number;
  /** Why it was refused or broke off. */
  error?: string;
}

export interface JobProxyOptions {
  allow: readonly Rule[];
  /** Where immutable packages are kept; without it nothing is. */
  cache?: ContentCache;
  /** Called once a request has ended, in the order they end. */
  onFetch?: (record: FetchRecord) => void;
  /** How names become addresses; `dns.lookup` by default. */
  lookup?: LookupFunction;
  /** `http://[user:password@]host:port` of a proxy that stands before the mirror. */
  upstreamProxy?: string;
  /** How long (ms) an upstream may be silent. Default one minute. */
  timeoutMs?: number;
  log?: WarningLog;
}

export type ListenAddress = { path: string } | { host: string; port: number };

export interface JobProxy {
  /** Returns where it listens, with the port filled in when 0 was asked. May be called for several addresses. */
  listen(where: ListenAddress): Promise<ListenAddress>;
  /** Ends every connection; resolves when none is left. */
  close(): Promise<void>;
}

/** The only way out of a job's network namespace: forwards what the rules allow, caches packages, records everything, refuses the rest. */
export function createJobProxy(_options: JobProxyOptions): JobProxy {
  throw new Error('not written yet');
}
