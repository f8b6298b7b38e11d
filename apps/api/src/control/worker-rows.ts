import { createHash } from 'node:crypto';
import type { WorkerRow } from '@fatbuildr/database';
import { redisPassword } from '@fatbuildr/queue';
import { PUBLISHER } from './capabilities.ts';
import { unprocessable } from './refusal.ts';
import { hashSecret } from './secrets.ts';

/** A worker as it begins; one without a secret proves itself by its socket. */
export function newWorkerRow(
  worker: { id: string; name: string; pool: string; secret: string | null; instancesJson: string | null },
  now: number,
): WorkerRow {
  const { secret, ...known } = worker;
  const neverSeen = { reportJson: null, seen: 0, draining: 0, quarantine: null, failures: 0 };
  return { ...known, ...secretHashes(secret), ...neverSeen, created: now };
}

/** What is kept of a worker's secret: enough to know it again, here and in Redis. */
export function secretHashes(secret: string | null): Pick<WorkerRow, 'secretHash' | 'redisHash'> {
  if (secret === null) return { secretHash: null, redisHash: null };
  const redisHash = createHash('sha256').update(redisPassword(secret)).digest('hex');
  return { secretHash: hashSecret(secret), redisHash };
}

/** @throws {ProblemError} `unprocessable` for the publisher's */
export function refuseReservedPool(pool: string): void {
  if (pool === PUBLISHER) throw unprocessable(`A worker's pool may not be called ${PUBLISHER}.`);
}
