import { type BuildOrder, Failure, toFailure } from '@fatbuildr/domain';
import { holdShell } from '../../terminal/hold-shell.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { shellEndInWords } from '../shell.ts';
import { LOGIN_SHELL, type ShellPlace, shellSpec } from '../shell-place.ts';

const LOOKED_AT: readonly Failure['outcome'][] = ['build-failure', 'dependency-failure'];

/**
 * Does `work`, the building itself. Where it fails and the build is interactive, people can look at what it left, in a
 * shell, until they leave it; the failure stays what it was.
 *
 * @throws what `work` throws; the reason of the job's signal when that ended the shell
 */
export async function withShellOnFailure(
  { host, job }: { host: Host; job: Job<BuildOrder> },
  work: () => Promise<void>,
  left: (failure: Failure) => Promise<ShellPlace>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { interactive: time } = job.order;
    if (time && error instanceof Failure && LOOKED_AT.includes(error.outcome)) {
      job.signal.throwIfAborted();
      job.log.line(`==> ${error.outcome}: ${error.message}`);
      await job.phase('shell', async () => {
        job.log.line(`A shell in what the build left; the build ends with it. Join: fatbuildrctl join ${job.task}`);
        await look(host, job, time, () => left(error));
      });
    }
    throw error;
  }
}

async function look(
  host: Host,
  job: Job,
  time: NonNullable<BuildOrder['interactive']>,
  left: () => Promise<ShellPlace>,
): Promise<void> {
  try {
    const place = await left();
    const end = await holdShell(job, {
      time,
      leftMs: host.shellLeftMs,
      patienceMs: time.silenceMs,
      start: (input, onOutput) => host.runner.start(shellSpec(host, job, place, LOGIN_SHELL, { input, onOutput })),
    });
    job.log.line(shellEndInWords(end, time));
  } catch (error) {
    job.signal.throwIfAborted();
    // the build failed before: that is what is to be told
    job.log.line(`No shell could be opened: ${toFailure(error).message}`);
  }
}
