import { basename, dirname, join } from 'node:path';
import { type ContainerExit, type ContainerSpec, mountOverlay, runToEnd } from '@fatbuildr/containers';
import { overridden } from './commands.ts';
import { personalityFor } from './foreign.ts';
import type { Host } from './host.ts';
import type { Job } from './job.ts';
import { throwIfLimited } from './limits.ts';

/** A container of a job: what of its spec is not the same for all of them. */
export type JobContainer = Pick<ContainerSpec, 'command'> &
  Partial<Omit<ContainerSpec, 'root'>> & {
    /** Unique within the job. */
    name: string;
  };

/**
 * Runs a command to its end on a throw-away overlay over `image`, without network unless told otherwise; the program as
 * the configuration calls it. Its output goes to the log.
 *
 * @throws the reason of the job's signal when that ended it; Failure `build-failure` when it failed at a limit
 */
export async function runInImage(
  host: Pick<Host, 'runner' | 'commands'>,
  job: Job,
  image: string,
  container: JobContainer,
): Promise<ContainerExit> {
  const overlay = await mountOverlay({ lower: [image], workspace: join(job.workspace, `root-${container.name}`) });
  try {
    return await runInTree(host, job, overlay.merged, container);
  } finally {
    await overlay.unmount();
  }
}

/** The same in a tree of the job's own, which keeps what is written. */
export async function runInTree(
  host: Pick<Host, 'runner' | 'commands'>,
  job: Job,
  root: string,
  container: JobContainer,
): Promise<ContainerExit> {
  const exit = await runToEnd(host.runner, containerSpec(host, job, root, container), { signal: job.signal });
  job.signal.throwIfAborted();
  throwIfLimited(exit, job.order.limits);
  return exit;
}

/** A container of a job in full: within its limits, without network unless told otherwise, its output in the log. */
export function containerSpec(
  host: Pick<Host, 'commands'>,
  job: Job,
  root: string,
  { name, command, ...spec }: JobContainer,
): ContainerSpec {
  const { memoryBytes, processes } = job.order.limits;
  return {
    name: `${job.id}-${name}`,
    command: overridden(host.commands, command),
    root,
    // On the disk, where the job's limit counts it, and not in the tree, which may be kept. One for each tree: a shell in
    // what a build left finds it again.
    temporary: join(job.workspace, 'tmp', basename(dirname(root))),
    network: { kind: 'none' },
    limits: {
      ...(memoryBytes === null ? {} : { memoryBytes }),
      ...(processes === null ? {} : { processes }),
    },
    onOutput: (chunk) => job.log.output(chunk),
    ...personalityFor(job.order),
    ...spec,
  };
}

/** One number for how a command ended, as a shell tells it. */
export function exitStatus({ code, signal }: ContainerExit): number {
  return code ?? (signal === null ? 255 : 128 + (SIGNALS[signal] ?? 0));
}

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
