import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Mount } from '@fatbuildr/containers';
import type { FarmRepository, RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { type DnfRepository, dnfConfig, farmRepositories } from '@fatbuildr/formats';
import type { Rule } from '../../network/rules.ts';
import { farmRules, farmUrl } from '../farm-url.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { openProxiedNetwork, type ProxiedNetwork } from '../proxied-network.ts';
import { findMirrors } from './mirrors.ts';

/** Where the configuration is, in a container. */
export const CONFIG = '/build/config';

/** The repositories of a recipe and the farm's own, within reach of a job. */
export interface OpenRepositories {
  network: ProxiedNetwork;
  /** The text of a dnf.conf that knows them. */
  dnfConfig: string;
  /** A directory on this host, seen as {@link CONFIG}. */
  config: string;
  /** It, and the keys that lie on this host. */
  mounts: Mount[];
}

/** Readies the repositories of a recipe: a network that reaches those alone. */
export async function openRepositories(
  host: Host,
  job: Job,
  image: string,
  recipe: RpmEnvironmentRecipe,
  farm: FarmRepository | null,
): Promise<OpenRepositories> {
  const sources = await findMirrors(host, job, image, recipe);
  const keys = sources.flatMap(({ gpgkey }) => (gpgkey === undefined || !isAbsolute(gpgkey) ? [] : [gpgkey]));
  const network = await openProxiedNetwork(host, job, [...rulesOf(sources), ...farmRules(host, farm)]);
  const config = join(job.workspace, 'config');
  await mkdir(config);
  const repositories = [...sources.map(withKeyUrl), ...(await farmConfig(host, farm, recipe.architecture, config))];
  return {
    network,
    dnfConfig: dnfConfig(repositories, network),
    config,
    mounts: [
      { source: config, target: CONFIG, readOnly: true },
      ...[...new Set(keys)].map((path) => ({ source: path, target: path, readOnly: true })),
    ],
  };
}

function withKeyUrl(repository: DnfRepository): DnfRepository {
  const { gpgkey } = repository;
  return gpgkey !== undefined && isAbsolute(gpgkey) ? { ...repository, gpgkey: `file://${gpgkey}` } : repository;
}

/** Keys may also be files of the tool image, which mock's own configurations name. */
function rulesOf(sources: readonly DnfRepository[]): Rule[] {
  const urls = sources.flatMap(({ baseurls, gpgkey }) => [...baseurls, ...(gpgkey?.split(/\s+/) ?? [])]);
  return [...new Set(urls)].filter((url) => /^https?:/.test(url)).map((url) => ({ url }));
}

async function farmConfig(host: Host, farm: FarmRepository | null, architecture: string, config: string) {
  if (farm === null) return [];
  await writeFile(join(config, 'farm.asc'), farm.publicKey);
  const url = farmUrl(host.apiUrl, farm.path);
  return farmRepositories(farm, { url, gpgkey: `file://${CONFIG}/farm.asc`, architecture });
}
