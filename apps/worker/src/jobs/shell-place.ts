import type { ContainerNetwork, ContainerSpec, Mount } from '@fatbuildr/containers';
import type { ShellInput } from '../terminal/hold-shell.ts';
import type { Host } from './host.ts';
import type { Job } from './job.ts';
import { containerSpec } from './run-in-image.ts';

/** A tree for people to look around in, and what a shell there needs. */
export interface ShellPlace {
  /** On this host. */
  root: string;
  /** In it. */
  workingDirectory?: string;
  environment: Record<string, string>;
  /** None by default. */
  network?: ContainerNetwork;
  mounts?: readonly Mount[];
  /** What comes before the shell's command, where its root is not that of the container. */
  enter?: readonly string[];
}

/** bash where the tree has it. */
export const LOGIN_SHELL = [
  '/bin/sh',
  '-c',
  'if [ -x /bin/bash ]; then exec /bin/bash -l; else exec /bin/sh -l; fi',
] as const;

/** The container of a shell in a place, on the terminal or the pipe of whoever came first. */
export function shellSpec(
  host: Host,
  job: Job,
  { root, enter = [], environment, ...place }: ShellPlace,
  command: readonly string[],
  { input, onOutput }: { input: ShellInput; onOutput: (chunk: Buffer) => Promise<void> },
): ContainerSpec {
  return containerSpec(host, job, root, {
    ...place,
    ...input,
    name: 'shell',
    command: [...enter, ...command] as [string, ...string[]],
    environment: { ...environment, ...input.environment },
    onOutput,
  });
}
