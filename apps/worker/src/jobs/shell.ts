import { join } from 'node:path';
import { mountOverlay } from '@fatbuildr/containers';
import { Failure, type ShellOrder, type ShellTime } from '@fatbuildr/domain';
import { holdShell, type ShellEnd } from '../terminal/hold-shell.ts';
import { inWords } from './deadlines.ts';
import { useTree } from './exec.ts';
import type { Host } from './host.ts';
import type { Work } from './job.ts';
import { containerSpec, exitStatus } from './run-in-image.ts';
import { shellNetwork } from './shell-network.ts';

/** bash where the tree has it. */
export const LOGIN_SHELL = [
  '/bin/sh',
  '-c',
  'if [ -x /bin/bash ]; then exec /bin/bash -l; else exec /bin/sh -l; fi',
] as const;

/**
 * A shell as root in a throw-away copy of a tool image, without network, or of a build environment, with that of its
 * dependencies. It has served its purpose however it ends; unless nobody was there.
 */
export function shell(host: Host): Work<ShellOrder> {
  return async (job) => {
    const tree = await useTree(host, job);
    const { limits, environment, command, format } = job.order;
    const what =
      environment === null ? `the tool image for ${format} packages` : `the build environment ${environment.name}`;
    const end = await job.phase('shell', async () => {
      job.log.line(`A copy of ${what}: whatever is changed here is thrown away.`);
      const overlay = await mountOverlay({ lower: [tree.root], workspace: join(job.workspace, 'root-shell') });
      const network = environment === null ? undefined : await shellNetwork(host, job, environment);
      try {
        return await holdShell(job, {
          time: limits,
          leftMs: host.shellLeftMs,
          patienceMs: host.shellLeftMs,
          start: (input, onOutput) =>
            host.runner.start(
              containerSpec(host, job, overlay.merged, {
                ...input,
                name: 'shell',
                command: (command ?? LOGIN_SHELL) as [string, ...string[]],
                onOutput,
                environment: { LANG: 'C.UTF-8', ...input.environment, ...network?.environment },
                ...(network ? { network: network.network } : {}),
              }),
            ),
        });
      } finally {
        await overlay.unmount();
      }
    });
    const words = shellEndInWords(end, limits);
    job.log.line(words);
    if (end.why === 'exit') return { build: null };
    throw new Failure('timeout', words, { hint: 'Open another one: fatbuildrctl images shell' });
  };
}

/** For the log and for people: how a shell ended. */
export function shellEndInWords(end: ShellEnd, { wallMs, silenceMs }: ShellTime): string {
  if (end.why === 'exit') return `The shell ended with status ${exitStatus(end.exit)}.`;
  return {
    nobody: 'Nobody came to the shell.',
    left: `The shell was ended: everybody had left it.`,
    time: `The shell was ended: it had been open for ${inWords(wallMs)}, which limits.shell allows.`,
    silence: `The shell was ended: nothing had been typed or printed for ${inWords(silenceMs)}, which limits.shellSilence allows.`,
  }[end.why];
}
