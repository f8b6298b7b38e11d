import type { Stores, Subject } from '@fatbuildr/database';
import { PUBLISHER } from './capabilities.ts';
import { type FarmState, hostsThatTake, type QueuedJob } from './farm-state.ts';

/** How many of the last attempts of the farm are looked at, and how many of a kind make its median. */
const HISTORY = 500;
const SAMPLE = 10;

type About = Pick<Subject, 'kind' | 'artifact' | 'distribution'>;

/** How long a job will probably take, ms: the median of the last like it; null when there were none. */
export type Took = (job: Pick<QueuedJob, 'task'>) => number | null;

/** Reads how long the last builds took: by artifact and distribution, else by distribution, else by kind of task. */
export async function readDurations({ attempts, tasks }: Pick<Stores, 'attempts' | 'tasks'>): Promise<Took> {
  const samples = new Map<string, number[]>();
  for (const row of await attempts.lastDurations(HISTORY)) {
    if (row.capability === PUBLISHER || row.name === 'fetch') continue;
    for (const key of keysOf(row)) {
      const sample = samples.get(key) ?? samples.set(key, []).get(key);
      if (sample && sample.length < SAMPLE) sample.push(row.took);
    }
  }
  const subjects = new Map((await tasks.subjects()).map((subject) => [subject.id, subject]));
  return ({ task }) => {
    const subject = subjects.get(task);
    const sample =
      subject &&
      keysOf(subject)
        .map((key) => samples.get(key))
        .find((one) => one !== undefined);
    return sample === undefined ? null : median(sample);
  };
}

/** From the narrowest to the widest. */
function keysOf({ kind, artifact, distribution }: About): string[] {
  return [`${kind} ${distribution} ${artifact}`, `${kind} ${distribution}`, kind];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

/**
 * When each of the jobs that wait in `queue`, in their order, will probably begin: each takes the slot that is free
 * first. Null where that depends on a job of unknown length, or no host is there. What other queues put on the same
 * hosts is not foreseen.
 */
export function estimateStarts(queue: readonly QueuedJob[], state: FarmState, took: Took): Map<string, number | null> {
  const free = queue[0] ? slotsOf(queue[0], state, took) : [];
  return new Map(
    queue.map((job) => {
      const first = free.indexOf(Math.min(...free));
      const start = free[first];
      if (start === undefined || start === Number.POSITIVE_INFINITY) return [job.id, null];
      free[first] = start + (took(job) ?? Number.POSITIVE_INFINITY);
      return [job.id, Math.round(start)];
    }),
  );
}

/** When each slot of the hosts for jobs like `job` is free. */
function slotsOf(job: QueuedJob, state: FarmState, took: Took): number[] {
  const jobs = new Map(state.jobs.map((job) => [job.id, job]));
  return hostsThatTake(job, state).flatMap(({ row, report }) => {
    const busy = state.live
      .filter((attempt) => attempt.worker === row.id)
      .map(({ job: id, began }) => {
        const job = jobs.get(id);
        // its job is over: it is at its checks or cleaning up
        if (!job) return state.now;
        const whole = took(job);
        return whole === null ? Number.POSITIVE_INFINITY : Math.max(state.now, began + whole);
      });
    const idle = Array.from({ length: Math.max(0, report.slots - busy.length) }, () => state.now);
    return [...busy, ...idle];
  });
}
