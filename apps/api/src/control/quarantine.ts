import type { JobRow } from '@fatbuildr/database';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';

/** A host is not judged by fewer failures in a row than this. */
const QUARANTINE_FAILURES = 5;

/**
 * An attempt failed through no fault of the package: whose fault was it? As Launchpad's build farm does, the failures
 * in a row of the host are compared with those of the job. A host that failed more often than this job did has failed
 * other jobs too: with enough of them it is quarantined, and the attempt does not count against the job. Otherwise the
 * job is as likely to be the cause, and its attempts are counted. Resolves to whether it was the host.
 */
export async function blameHost(tx: Change, worker: string, job: JobRow, reason: string): Promise<boolean> {
  const row = await tx.workers.get(worker);
  if (!row || row.pool === PUBLISHER) return false;
  const failures = row.failures + 1;
  const failuresOfJob = job.tries + 1;
  const atFault = failures >= QUARANTINE_FAILURES && failures > failuresOfJob;
  const verdict = `${failures} attempts in a row failed there, of different jobs. The last: ${reason}`;
  await tx.workers.update(row.id, { failures, ...(atFault && row.quarantine === null ? { quarantine: verdict } : {}) });
  return atFault;
}

/** An attempt came to an end that says nothing bad of its host. */
export async function clearHost(tx: Change, worker: string): Promise<void> {
  const row = await tx.workers.get(worker);
  if (row && row.failures > 0) await tx.workers.update(row.id, { failures: 0 });
}
