import type { Config } from '@fatbuildr/config';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import type { QueuedJob } from './farm-state.ts';

/**
 * What the publisher does for hours, and how many at once of all instances: the rest of its slots is for what takes
 * seconds. Imports take memory and disk too.
 */
const LONG = new Map([
  ['registry-import', 1],
  ['registry-check', 4],
  ['registry-gc', 4],
]);

/** How many jobs may run at once; undefined: any number. Publishing does not count: what was built gets out. */
export interface RunningLimits {
  ofInstance(instance: string): number | undefined;
  perSubmitter: number | undefined;
}

export function runningLimits({ instances, limits }: Config): RunningLimits {
  const byInstance = new Map(instances.map(({ id, limits: own }) => [id, own?.running]));
  return { ofInstance: (instance) => byInstance.get(instance), perSubmitter: limits.runningPerSubmitter };
}

/** Counts jobs against the limits. */
export interface Usage {
  /** Why `job` may not run besides those counted, in words; undefined if it may. */
  refuses(job: QueuedJob): string | undefined;
  count(job: QueuedJob): void;
}

export function usageOf(counted: Iterable<QueuedJob>, limits: RunningLimits): Usage {
  const instances = new Map<string, number>();
  const submitters = new Map<string, number>();
  const long = new Map<string, number>();
  const usage: Usage = {
    refuses(job) {
      if (job.capability === PUBLISHER) return fullOf(job, long.get(job.name));
      return (
        full(`Instance ${job.instance}`, instances.get(job.instance), limits.ofInstance(job.instance)) ??
        full('Its submitter', submitters.get(job.submitter), limits.perSubmitter)
      );
    },
    count(job) {
      if (job.capability === PUBLISHER) {
        long.set(job.name, (long.get(job.name) ?? 0) + 1);
        return;
      }
      instances.set(job.instance, (instances.get(job.instance) ?? 0) + 1);
      submitters.set(job.submitter, (submitters.get(job.submitter) ?? 0) + 1);
    },
  };
  for (const job of counted) usage.count(job);
  return usage;
}

/** As {@link Usage.refuses}, by what runs as the transaction sees it: the last word, at the claim. */
export async function refusedByLimits(
  tx: Change,
  job: QueuedJob,
  { ofInstance, perSubmitter }: RunningLimits,
): Promise<string | undefined> {
  if (job.capability === PUBLISHER) {
    return LONG.has(job.name) ? fullOf(job, await tx.jobs.countRunningNamed(PUBLISHER, job.name)) : undefined;
  }
  const { instance, submitter } = job;
  const running = async (whose: { instance: string } | { submitter: string }, limit: number | undefined) =>
    limit === undefined ? 0 : tx.jobs.countRunning(whose, PUBLISHER);
  return (
    full(`Instance ${instance}`, await running({ instance }, ofInstance(instance)), ofInstance(instance)) ??
    full('Its submitter', await running({ submitter }, perSubmitter), perSubmitter)
  );
}

function fullOf({ name }: QueuedJob, running = 0): string | undefined {
  const limit = LONG.get(name);
  if (limit === undefined || running < limit) return undefined;
  return `The publisher is at ${running} ${name} already, and does ${limit} at once.`;
}

function full(whose: string, running = 0, limit: number | undefined): string | undefined {
  if (limit === undefined || running < limit) return undefined;
  return `${whose} runs ${running} ${running === 1 ? 'job' : 'jobs'} already, and may run ${limit} at once.`;
}
