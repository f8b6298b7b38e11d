/** What became of one request. */
export interface FetchRecord {
  method: string;
  /** As normalised; `host:port` of a CONNECT, whose content stays unseen. */
  url: string;
  /** What the job was told: 403 refused, 502 and 504 the upstream failed. */
  status: number;
  /** Bytes of the upstream's or the cache's body that were handed to the job. */
  bytes: number;
  /** Hex, of a complete 200 body; null otherwise. */
  sha256: string | null;
  fromCache: boolean;
  durationMs: number;
  /** Why it was refused or broke off. */
  error?: string;
}

/** The record of a request that has just arrived, filled in while it is served. */
export function newRecord(method: string, url: string): FetchRecord {
  return { method, url, status: 0, bytes: 0, sha256: null, fromCache: false, durationMs: 0 };
}
