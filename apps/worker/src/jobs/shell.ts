import { join } from 'node:path';
import { mountOverlay } from '@fatbuildr/containers';
import { type EnvironmentRecipe, Failure, type ShellOrder, type ShellTime } from '@fatbuildr/domain';
import { holdShell, type ShellEnd } from '../terminal/hold-shell.ts';
import type { UsedTree } from '../trees/tree-store.ts';
import { inWords } from './deadlines.ts';
import { besideApt } from './deb/shell-place.ts';
import { useTree } from './exec.ts';
import { systemIn, useImage } from './held-trees.ts';
import type { Host } from './host.ts';
import type { Job, Work } from './job.ts';
import { openDnf } from './rpm/dnf.ts';
import { withNamedRepositories } from './rpm/mock-named.ts';
import { besideDnf } from './rpm/shell-place.ts';
import { exitStatus } from './run-in-image.ts';
import { LOGIN_SHELL, type ShellPlace, shellSpec } from './shell-place.ts';

/**
 * A shell as root in a throw-away copy of a tool image, without network, or of a build environment, with what builds
 * there take their dependencies from. It has served its purpose however it ends; unless nobody was there.
 */
export function shell(host: Host): Work<ShellOrder> {
  return async (job) => {
    const tree = await useTree(host, job);
    const { limits, environment, command, format } = job.order;
    const what =
      environment === null ? `the tool image for ${format} packages` : `the build environment ${environment.name}`;
    const overlay = await mountOverlay({ lower: [await systemIn(tree)], workspace: join(job.workspace, 'root-shell') });
    job.defer(overlay.unmount);
    const place: ShellPlace =
      environment === null
        ? { root: overlay.merged, environment: ENVIRONMENT }
        : await job.phase('environment', () => withPackages(host, job, { tree, root: overlay.merged, environment }));
    const end = await job.phase('shell', async () => {
      job.log.line(`A copy of ${what}: whatever is changed here is thrown away.`);
      return holdShell(job, {
        time: limits,
        leftMs: host.shellLeftMs,
        patienceMs: host.shellLeftMs,
        start: (input, onOutput) =>
          host.runner.start(shellSpec(host, job, place, command ?? LOGIN_SHELL, { input, onOutput })),
      });
    });
    const words = shellEndInWords(end, limits);
    job.log.line(words);
    if (end.why === 'exit') return { build: null };
    throw new Failure('timeout', words, { hint: 'Open another one: fatbuildrctl images shell' });
  };
}

const ENVIRONMENT = { LANG: 'C.UTF-8' };

/** A copy of an environment with what builds in it have: repositories, their keys, and a network that reaches those. */
async function withPackages(
  host: Host,
  job: Job<ShellOrder>,
  { tree, root, environment: recipe }: { tree: UsedTree; root: string; environment: EnvironmentRecipe },
): Promise<ShellPlace> {
  const { farm } = job.order;
  const { created } = tree.held;
  if (recipe.format === 'deb') return besideApt(host, job, { root, created, recipe, farm });
  const image = await useImage(host, job, recipe.format);
  const dnf = await openDnf(host, job, image.root, await withNamedRepositories(host, job, image, recipe), farm);
  job.log.line('dnf is that of the tool image, which installs build dependencies too');
  return besideDnf(job, { tree: root, image: image.root, dnf, environment: ENVIRONMENT });
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
