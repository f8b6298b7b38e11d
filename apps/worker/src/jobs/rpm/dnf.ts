import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import type { FarmRepository, RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { type DnfRepository, dnfConfig, farmRepositories } from '@fatbuildr/formats';
import type { Rule } from '../../network/rules.ts';
import { farmUrl } from '../build/farm-url.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { openProxiedNetwork } from '../proxied-network.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import { findMirrors } from './mirrors.ts';
import { outputTail } from './output-tail.ts';

/** Where the tree that packages are installed into is, in the container of dnf. */
export const CHROOT = '/build/chroot';
const CONFIG = '/build/dnf';

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

/** Readies dnf for a recipe: its repositories, the farm's own where there is one, and a network that reaches those alone. */
export async function openDnf(
  host: Host,
  job: Job,
  image: string,
  recipe: RpmEnvironmentRecipe,
  farm: FarmRepository | null,
): Promise<Dnf> {
  const sources = await findMirrors(host, job, image, recipe);
  const keys = sources.flatMap(({ gpgkey }) => (gpgkey === undefined || !isAbsolute(gpgkey) ? [] : [gpgkey]));
  const network = await openProxiedNetwork(host, job, [...rulesOf(sources), ...farmRules(host, farm)]);
  const config = join(job.workspace, 'dnf');
  await mkdir(config);
  const repositories = [...sources.map(withKeyUrl), ...(await farmConfig(host, farm, recipe.architecture, config))];
  await writeFile(join(config, 'dnf.conf'), dnfConfig(repositories, network));
  // The home of root: Debian's rpm keeps its database there unless told otherwise.
  await writeFile(join(config, '.rpmmacros'), `%_dbpath ${recipe.dbpath}\n`);
  const release = recipe.releasever === null ? [] : [`--releasever=${recipe.releasever}`];

  return {
    async run({ name, root, args, mounts = [] }) {
      const tail = outputTail((chunk) => job.log.output(chunk));
      const plugins = ['--disableplugin=*', '--enableplugin=builddep', '--enableplugin=config_manager'];
      const options = ['--assumeyes', `--config=${CONFIG}/dnf.conf`, `--installroot=${CHROOT}`, ...plugins, ...release];
      const exit = await runInImage(host, job, image, {
        name,
        command: ['/bin/sh', '-c', SCRIPT, 'sh', ...(host.commands.dnf ?? ['dnf']), ...options, ...args],
        network: network.network,
        environment: { LANG: 'C.UTF-8', HOME: CONFIG },
        mounts: [
          { source: root, target: CHROOT },
          { source: config, target: CONFIG, readOnly: true },
          ...[...new Set(keys)].map((path) => ({ source: path, target: path, readOnly: true })),
          ...mounts,
        ],
        onOutput: tail.write,
      });
      job.log.line(network.summary());
      return { status: exitStatus(exit), output: tail.text() };
    },
  };
}

function withKeyUrl(repository: DnfRepository): DnfRepository {
  const { gpgkey } = repository;
  return gpgkey !== undefined && isAbsolute(gpgkey) ? { ...repository, gpgkey: `file://${gpgkey}` } : repository;
}

function rulesOf(sources: readonly DnfRepository[]): Rule[] {
  const urls = sources.flatMap(({ baseurls, gpgkey }) => [...baseurls, ...(gpgkey === undefined ? [] : [gpgkey])]);
  return [...new Set(urls)].filter((url) => !isAbsolute(url)).map((url) => ({ url }));
}

function farmRules({ apiUrl, authorization }: Host, farm: FarmRepository | null): Rule[] {
  if (farm === null) return [];
  return [{ url: farmUrl(apiUrl, farm.path), mutable: true, direct: true, authorization }];
}

async function farmConfig(host: Host, farm: FarmRepository | null, architecture: string, config: string) {
  if (farm === null) return [];
  await writeFile(join(config, 'farm.asc'), farm.publicKey);
  const url = farmUrl(host.apiUrl, farm.path);
  return farmRepositories(farm, { url, gpgkey: `file://${CONFIG}/farm.asc`, architecture });
}
