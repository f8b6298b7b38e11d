import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerNetwork, Mount } from '@fatbuildr/containers';
import type { FarmRepository, RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { forceArchitecture } from '../foreign.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import { openTelling, PLUGIN_FILE, type Tell } from './dnf-plugin.ts';
import { outputTail } from './output-tail.ts';
import { CONFIG, type OpenRepositories, openRepositories } from './repositories.ts';

/** Where the tree that packages are installed into is, in the container of dnf. */
export const CHROOT = '/build/chroot';

/** dnf of the tool image, which works on a tree from outside. */
export interface Dnf {
  /** A call on the tree at `root`; returns how it ended and the end of what it printed. */
  run(call: DnfCall): Promise<DnfEnd>;
  /** What calls it in a container of the tool image with these mounts and that network, where the tree is at {@link CHROOT}. */
  readonly call: readonly string[];
  readonly home: string;
  readonly mounts: readonly Mount[];
  readonly network: ContainerNetwork;
  /** A directory on this host, seen as {@link CONFIG}. */
  readonly config: string;
}

/** How a call ended. */
export interface DnfEnd {
  status: number;
  /** The end of what it printed. */
  output: string;
  /** Where it was to tell: stands for the packages of its transaction, if it had one. */
  set: string | undefined;
}

export interface DnfCall {
  /** Unique within the job. */
  name: string;
  root: string;
  args: readonly string[];
  mounts?: readonly Mount[];
  /** Has it tell what its transaction comes to. */
  tell?: Tell;
}

/**
 * Scripts of packages want devices and processes to be there. Mounts end with the container. The tree is one of ours:
 * dnf is told every path, so nothing in it says what is installed.
 */
const SCRIPT = `
set -e
mkdir -p ${CHROOT}/dev ${CHROOT}/proc ${CHROOT}/sys
mount --rbind /dev ${CHROOT}/dev
mount -t proc proc ${CHROOT}/proc
for plugins in /usr/lib*/python3*/*-packages/dnf-plugins; do
  if [ -e ${PLUGIN_FILE} ] && [ -d "$plugins" ]; then cp ${PLUGIN_FILE} "$plugins"; fi
done
exec "$@"
`;

/** The fourth dnf, whose words are read: Debian's plain one, and beside a fifth it has a name of its own. */
const DNF = ['/bin/sh', '-c', 'exec "$(command -v dnf4 || echo dnf)" "$@"', 'sh'];

/** How dnf is called: as configured. Where that is `dnf` itself, it is the fourth all the same. */
export function dnfCommand([program = 'dnf', ...options]: readonly string[] = []): string[] {
  return [...(program === 'dnf' ? DNF : [program]), ...options];
}

/** Readies dnf for a recipe: its repositories, the farm's own where there is one, and a network that reaches those alone. */
export async function openDnf(
  host: Host,
  job: Job,
  image: string,
  recipe: RpmEnvironmentRecipe,
  farm: FarmRepository | null,
): Promise<Dnf> {
  return dnfWith(host, job, image, recipe, await openRepositories(host, job, image, recipe, farm));
}

/** The same with repositories that the job has open already. */
export async function dnfWith(
  host: Host,
  job: Job,
  image: string,
  recipe: RpmEnvironmentRecipe,
  { network, dnfConfig, config, mounts: configured }: OpenRepositories,
): Promise<Dnf> {
  await writeFile(join(config, 'dnf.conf'), dnfConfig);
  // The home of root: Debian's rpm keeps its database there unless told otherwise.
  await writeFile(join(config, '.rpmmacros'), `%_dbpath ${recipe.dbpath}\n`);
  const release = recipe.releasever === null ? [] : [`--releasever=${recipe.releasever}`];
  const foreign = forceArchitecture(recipe, host);
  const plugins = ['--disableplugin=*', '--enableplugin=builddep'];
  const options = [`--config=${CONFIG}/dnf.conf`, `--installroot=${CHROOT}`, ...plugins, ...release, ...foreign];
  const call = [...dnfCommand(host.commands.dnf), ...options];

  return {
    call,
    home: CONFIG,
    mounts: configured,
    network: network.network,
    config,
    async run({ name, root, args, mounts = [], tell }) {
      const tail = outputTail((chunk) => job.log.output(chunk));
      const telling = tell && (await openTelling(join(job.workspace, `told-${name}`), tell));
      const exit = await runInImage(host, job, image, {
        name,
        command: ['/bin/sh', '-c', SCRIPT, 'sh', ...call, ...(telling?.options ?? []), ...args],
        network: network.network,
        environment: { LANG: 'C.UTF-8', HOME: CONFIG },
        mounts: [{ source: root, target: CHROOT }, ...configured, ...(telling?.mounts ?? []), ...mounts],
        onOutput: tail.write,
      });
      job.log.line(network.summary());
      return { status: exitStatus(exit), output: tail.text(), set: await telling?.set() };
    },
  };
}
