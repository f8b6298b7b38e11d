import type { Config } from '@fatbuildr/config';
import type { JobRow } from '@fatbuildr/database';
import { ProblemError, type WorkerOrder } from '@fatbuildr/domain';
import { storeAttemptFile } from './attempt-files.ts';
import { PUBLISHER } from './capabilities.ts';
import { claim } from './claims.ts';
import { type Context, change } from './context.ts';
import { failedByHost } from './lost-attempts.ts';
import { fileRefs } from './order-files.ts';
import { owned, running, staleFence } from './owned.ts';
import { takeResult } from './results.ts';
import type { Attempts } from './services.ts';
import { mayHaveShell } from './shells.ts';
import { storedOrder } from './stored.ts';
import { LEASE_MS } from './timing.ts';
import { closeAttempt, endAttempt, markCommitted } from './transitions.ts';
import { reserveVersion } from './versions.ts';

/** The worker protocol. Every call is checked against the fence in the transaction that acts on it. */
export function createAttempts(context: Context): Attempts {
  return {
    claim: (worker, job) => claim(context, worker, job),

    heartbeat: (call) =>
      change(context, async (tx) => {
        const { attempt } = await owned(tx, call);
        await tx.attempts.update(attempt.id, { leaseExpires: tx.now + LEASE_MS });
        await tx.workers.update(call.worker.id, { seen: tx.now });
      }),

    handback: (call) =>
      change(context, async (tx) => {
        const { attempt, job } = await owned(tx, call);
        await closeAttempt(tx, attempt);
        if (attempt.outcome !== null) return;
        const cause = { message: 'The worker was stopped and gave the job back.' };
        await endAttempt(tx, attempt, 'infrastructure-failure', cause, { handedBack: true });
        await tx.jobs.raiseFence(job.id, job.fence, {});
        await failedByHost(tx, job, cause, { delay: 0, counts: false });
      }),

    phase: (call, { phase, event, logOffset }) =>
      change(context, async (tx) => {
        const { attempt, job } = await owned(tx, call);
        const begun = { attempt: attempt.id, name: phase, began: tx.now, ended: null, logOffset };
        if (event === 'begin') {
          await tx.attempts.beginPhase(begun);
        } else {
          const began = await tx.attempts.endPhase(attempt.id, phase, tx.now);
          if (began !== undefined) tx.facts.push({ fact: 'phase-ended', phase, took: tx.now - began });
        }
        await tx.attempts.update(attempt.id, { heard: tx.now });
        tx.changedTasks.add(job.task);
      }),

    trees: (call, used) =>
      change(context, async (tx) => {
        const { attempt } = await owned(tx, call);
        await tx.attempts.update(attempt.id, { image: used.image, environment: used.environment });
      }),

    async appendLog(call, chunk) {
      const { attempt, job } = await owned(context.database.stores, call);
      const length = await context.logs.append(attempt.id, chunk, logLimit(job, context.config));
      await change(context, async (tx) => {
        const { attempt: now } = await owned(tx, call);
        await tx.attempts.update(attempt.id, { logLength: length, heard: tx.now });
        tx.facts.push({ fact: 'logged', bytes: Math.max(0, length - now.logLength) });
      });
      return { length };
    },

    reserveVersion: (call, request) => change(context, (tx) => reserveVersion(tx, context.config, call, request)),

    storeFile: (call, name, sha256, body) => storeAttemptFile(context, call, { name, sha256 }, body),

    blob: (call, sha256) =>
      change(context, async (tx) => {
        const { job } = await owned(tx, call);
        const file = fileRefs(storedOrder(job)).find((one) => one.sha256 === sha256);
        if (!file)
          throw new ProblemError('not-found', `The order of this attempt names no file with sha256 ${sha256}.`);
        return { sha256, size: file.size };
      }),

    importOrigin: (call) =>
      change(context, async (tx) => {
        const order = storedOrder((await owned(tx, call)).job);
        if (order.kind === 'registry-import' && !order.source.location.startsWith('/')) {
          return { location: order.source.location, instance: order.instance };
        }
        throw new ProblemError('not-found', 'The order of this attempt imports nothing from a web server.');
      }),

    result: (call, result) => change(context, (tx) => takeResult(tx, context.config, call, result)),

    close: (call) =>
      change(context, async (tx) => {
        const attempt = await tx.attempts.get(call.attempt);
        const repeated = attempt?.logClosed === 1 && attempt.worker === call.worker.id && attempt.fence === call.fence;
        if (repeated && attempt.outcome !== null) return;
        const { attempt: mine, job } = await owned(tx, call);
        if (mine.outcome === null)
          throw new ProblemError('conflict', 'The result comes before the end of the attempt.');
        await closeAttempt(tx, mine);
        tx.changedTasks.add(job.task);
      }),

    terminal: (call) =>
      change(context, async (tx) => {
        const { job } = await running(tx, call);
        if (mayHaveShell(storedOrder(job))) return { task: job.task };
        throw new ProblemError('conflict', 'The order of this attempt is for no shell.');
      }),

    commit: (call) =>
      change(context, async (tx) => {
        const { job } = await running(tx, call);
        const task = await tx.tasks.get(job.task);
        if (job.capability !== PUBLISHER || task?.state !== 'publishing') throw staleFence();
        await markCommitted(tx, task);
      }),
  };
}

/** What the worker itself writes, and that it stopped the build, comes on top of what the build may write. */
const LOG_MARGIN = 1024 * 1024;

/** The order's own limit; the publisher's orders have none. */
function logLimit(job: JobRow, { limits }: Config): number {
  const order = storedOrder(job) as Partial<Pick<WorkerOrder, 'limits'>>;
  return (order.limits?.logBytes ?? limits.logBytes) + LOG_MARGIN;
}
