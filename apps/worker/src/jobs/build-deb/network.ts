import { environmentSources } from '@fatbuildr/config';
import { openProxiedNetwork, type ProxiedNetwork } from '../proxied-network.ts';
import type { DebBuild } from './deb-build.ts';

/** The network that build dependencies come through: the environment's mirrors and this instance's own repository. */
export async function openBuildNetwork({ host, job }: DebBuild): Promise<ProxiedNetwork> {
  const { recipe, farm } = job.order;
  const mirrors = environmentSources(recipe, await host.mirrors()).map(({ uri }) => uri);
  return openProxiedNetwork(host, job, [
    ...[...new Set(mirrors)].map((url) => ({ url })),
    ...(farm === null
      ? []
      : [{ url: farmUrl(host.apiUrl, farm.path), mutable: true, direct: true, authorization: host.authorization }]),
  ]);
}

/** Where the repository at `path` of the api is. */
export function farmUrl(api: string, path: string): string {
  return `${api}/${path.replace(/^\/+|\/+$/g, '')}`;
}
