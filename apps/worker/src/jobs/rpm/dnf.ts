import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import type { FarmRepository, RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { forceArchitecture } from '../foreign.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import { outputTail } from './output-tail.ts';
import { CONFIG, openRepositories } from './repositories.ts';

/** Where the tree that packages are installed into is, in the container of dnf. */
const CHROOT = '/build/chroot';

/** dnf of the tool image, which works on a tree from outside. */
export interface Dnf {
  /** A call on the tree at `root`; returns how it ended and the end of what it printed. */
  run(call: DnfCall): Promise<{ status: number; output: string }>;
}

export interface DnfCall {
  /** Unique within the job. */
  name: string;
  root: string;
  args: readonly string[];
  mounts?: readonly Mount[];
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
exec "$@"
`;

/** The fourth dnf, whose words are read: Debian's plain one, and beside a fifth it has a name of its own. */
const DNF = ['/bin/sh', '-c', 'exec "$(command -v dnf4 || echo dnf)" "$@"', 'sh'];

/** Readies dnf for a recipe: its repositories, the farm's own where there is one, and a network that reaches those alone. */
export async function openDnf(
  host: Host,
  job: Job,
  image: string,
  recipe: RpmEnvironmentRecipe,
  farm: FarmRepository | null,
): Promise<Dnf> {
  const { network, dnfConfig, config, mounts: configured } = await openRepositories(host, job, image, recipe, farm);
  await writeFile(join(config, 'dnf.conf'), dnfConfig);
  // The home of root: Debian's rpm keeps its database there unless told otherwise.
  await writeFile(join(config, '.rpmmacros'), `%_dbpath ${recipe.dbpath}\n`);
  const release = recipe.releasever === null ? [] : [`--releasever=${recipe.releasever}`];
  const foreign = forceArchitecture(recipe, host);

  return {
    async run({ name, root, args, mounts = [] }) {
      const tail = outputTail((chunk) => job.log.output(chunk));
      const plugins = ['--disableplugin=*', '--enableplugin=builddep'];
      const options = [`--config=${CONFIG}/dnf.conf`, `--installroot=${CHROOT}`, ...plugins, ...release, ...foreign];
      const exit = await runInImage(host, job, image, {
        name,
        command: ['/bin/sh', '-c', SCRIPT, 'sh', ...(host.commands.dnf ?? DNF), ...options, ...args],
        network: network.network,
        environment: { LANG: 'C.UTF-8', HOME: CONFIG },
        mounts: [{ source: root, target: CHROOT }, ...configured, ...mounts],
        onOutput: tail.write,
      });
      job.log.line(network.summary());
      return { status: exitStatus(exit), output: tail.text() };
    },
  };
}
