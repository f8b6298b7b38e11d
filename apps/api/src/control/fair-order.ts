import type { QueuedJob } from './farm-state.ts';

/**
 * The order in which the queued jobs of one capability get their turn: by priority, then round robin over
 * submitters (what one has running counts as turns taken), then by age. `jobs` are its queued and running ones.
 */
export function fairOrder<J extends QueuedJob>(jobs: readonly J[]): J[] {
  const turns = new Map<string, number>();
  const takeTurn = (submitter: string): number => {
    const turn = turns.get(submitter) ?? 0;
    turns.set(submitter, turn + 1);
    return turn;
  };
  for (const job of jobs) if (job.state === 'running') takeTurn(job.submitter);
  return jobs
    .filter((job) => job.state === 'queued')
    .toSorted((a, b) => b.priority - a.priority || byAge(a, b))
    .map((job) => ({ job, turn: takeTurn(job.submitter) }))
    .toSorted((a, b) => b.job.priority - a.job.priority || a.turn - b.turn || byAge(a.job, b.job))
    .map(({ job }) => job);
}

function byAge(a: QueuedJob, b: QueuedJob): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}
