import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createNspawnRunner } from '@fatbuildr/containers';
import type { Failure, JobLimits } from '@fatbuildr/domain';
import { watchDisk } from '@fatbuildr/worker/src/jobs/disk-quota.ts';
import type { Job } from '@fatbuildr/worker/src/jobs/job.ts';
import { runInImage } from '@fatbuildr/worker/src/jobs/run-in-image.ts';
import { openJobLog } from '@fatbuildr/worker/src/log/job-log.ts';
import { createLineFilter } from '@fatbuildr/worker/src/log/line-filter.ts';
import { minimalTree } from '../containers/support.ts';

const NO_LIMITS: JobLimits = {
  wallMs: 60_000,
  silenceMs: 60_000,
  logBytes: 2 ** 30,
  sourceBytes: 2 ** 30,
  memoryBytes: null,
  processes: null,
  diskBytes: null,
};

/** What the host said that it can not do. */
export const warnings: string[] = [];

/** A job on the minimal tree in a directory of its own, under limits as the worker watches over them. */
export async function jobUnder(directory: string, id: string, some: Partial<JobLimits>) {
  const limits = { ...NO_LIMITS, ...some };
  const workspace = join(directory, id);
  await mkdir(workspace, { recursive: true });
  const ending = new AbortController();
  const end = (reason: Failure) => ending.abort(reason);
  const log = openJobLog({
    path: join(workspace, 'log'),
    limit: limits.logBytes,
    onLimit: () => ending.abort(new Error('the log is full')),
    onError: (error) => ending.abort(error),
  });
  const disk = watchDisk(
    { limit: limits.diskBytes, directory: workspace, except: [join(workspace, 'log')], intervalMs: 100 },
    end,
  );
  const runner = createNspawnRunner({ warn: (message) => warnings.push(message) });
  const job = { id, order: { limits }, workspace, signal: ending.signal, log } as unknown as Job;
  return {
    log,
    workspace,
    /** Runs a script; its output goes to the log as that of a build does. */
    async run(script: string, name = 'build') {
      const filter = createLineFilter(
        (bytes) => log.output(bytes),
        () => false,
      );
      try {
        return await runInImage({ runner, commands: {} }, job, await minimalTree(), {
          name,
          command: ['sh', '-c', script],
          onOutput: (chunk) => filter.write(chunk),
        });
      } finally {
        filter.end();
      }
    },
    close() {
      disk.stop();
      log.close();
    },
  };
}
