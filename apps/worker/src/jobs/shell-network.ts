import { environmentSources } from '@fatbuildr/config';
import type { EnvironmentRecipe } from '@fatbuildr/domain';
import type { Host } from './host.ts';
import type { Job } from './job.ts';
import { openProxiedNetwork, type ProxiedNetwork } from './proxied-network.ts';

/** The mirrors of a build environment, for a shell in it: apt and dnf find the proxy in its variables. */
export async function shellNetwork(
  host: Host,
  job: Job,
  recipe: EnvironmentRecipe,
): Promise<{ network: ProxiedNetwork['network']; environment: Record<string, string> }> {
  const urls =
    recipe.format === 'deb'
      ? environmentSources(recipe, await host.mirrors()).map(({ uri }) => uri)
      : recipe.repositories.flatMap(({ baseurl }) => baseurl ?? []);
  const { network, proxyUrl } = await openProxiedNetwork(
    host,
    job,
    [...new Set(urls)].map((url) => ({ url })),
  );
  return { network, environment: { http_proxy: proxyUrl, https_proxy: proxyUrl } };
}
