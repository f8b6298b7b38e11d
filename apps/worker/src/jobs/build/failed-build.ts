import type { ContainerNetwork } from '@fatbuildr/containers';
import { type BuildOrder, Failure, toFailure } from '@fatbuildr/domain';
import { holdShell } from '../../terminal/hold-shell.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { containerSpec } from '../run-in-image.ts';
import { LOGIN_SHELL, shellEndInWords } from '../shell.ts';

/** What a failed build left, as a root to look at. */
export interface FailedTree {
  /** On this host. */
  root: string;
  /** In it: the source that was built, where there is one. */
  workingDirectory: string;
  /** The variables that the build had. */
  environment: Record<string, string>;
  /** None by default, as the build has none. */
  network?: ContainerNetwork;
}

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
  left: (failure: Failure) => Promise<FailedTree>,
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
        await look(host, job, time, await left(error));
      });
    }
    throw error;
  }
}

async function look(
  host: Host,
  job: Job,
  time: NonNullable<BuildOrder['interactive']>,
  { root, ...place }: FailedTree,
): Promise<void> {
  try {
    const end = await holdShell(job, {
      time,
      leftMs: host.shellLeftMs,
      patienceMs: time.silenceMs,
      start: (input, onOutput) =>
        host.runner.start(
          containerSpec(host, job, root, {
            ...place,
            ...input,
            name: 'shell',
            command: LOGIN_SHELL,
            environment: { ...place.environment, ...input.environment },
            onOutput,
          }),
        ),
    });
    job.log.line(shellEndInWords(end, time));
  } catch (error) {
    job.signal.throwIfAborted();
    // the build failed before: that is what is to be told
    job.log.line(`No shell could be opened: ${toFailure(error).message}`);
  }
}
