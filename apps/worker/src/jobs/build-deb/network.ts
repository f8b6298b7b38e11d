import { environmentSources } from '@fatbuildr/config';
import type { BuildDebOrder } from '@fatbuildr/domain';
import type { PackageBuild } from '../build/build.ts';
import { farmUrl } from '../build/farm-url.ts';
import { openProxiedNetwork, type ProxiedNetwork } from '../proxied-network.ts';

/** The network that build dependencies come through: the environment's mirrors and this instance's own repository. */
export async function openBuildNetwork({ host, job }: PackageBuild<BuildDebOrder>): Promise<ProxiedNetwork> {
  const { recipe, farm } = job.order;
  const mirrors = environmentSources(recipe, await host.mirrors()).map(({ uri }) => uri);
  return openProxiedNetwork(host, job, [
    ...[...new Set(mirrors)].map((url) => ({ url })),
    ...(farm === null
      ? []
      : [{ url: farmUrl(host.apiUrl, farm.path), mutable: true, direct: true, authorization: host.authorization }]),
  ]);
}
