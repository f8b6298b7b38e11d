import type { WorkerRow } from '@fatbuildr/database';

/** How often a worker says that it lives, and for how long it is believed; ms. */
export const HEARTBEAT_MS = 5_000;
export const LEASE_MS = 30_000;

/** Attempts of one job before it fails for good. */
export const ATTEMPTS_LIMIT = 3;

/** How long a job waits after its host failed, and after a host was told to leave it to another; ms. */
export const RETRY_DELAY_MS = 2_000;
export const REFUSAL_DELAY_MS = 1_000;

/** For how long a job whose attempt failed is kept from hosts that tried it; then any may have it, so that it goes on. */
export const OTHERS_FIRST_MS = 30_000;

/** Whether a worker was heard of within its lease; idle ones report every 15 s. */
export function isOnline(worker: WorkerRow, now: number): boolean {
  return worker.seen > now - LEASE_MS;
}
