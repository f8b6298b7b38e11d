import type { Config } from '@fatbuildr/config';
import { baseArchitecture, type Instance, type RepositoryTarget, repositoryTarget } from '@fatbuildr/domain';
import type { Repository, RepositoryRef } from '@fatbuildr/registry';

/** Every repository that the configuration gives an instance; `baseUrl` is where clients find the tree. */
export function configuredRepositories(instance: Instance, baseUrl: string): Repository[] {
  return instance.distributions.map((one) => {
    const { keepVersions } = one;
    const base = {
      ...repositoryOf(instance.id, repositoryTarget(instance, one), baseUrl),
      ...(keepVersions === undefined ? {} : { keepVersions }),
    };
    if (one.format === 'deb' && one.validDays !== undefined) return { ...base, validDays: one.validDays };
    if (one.format === 'rpm' && one.compression !== undefined) return { ...base, compression: one.compression };
    return base;
  });
}

/**
 * The repository that an order is about. The configuration of today counts, since an order may have waited while it
 * changed; the order's own words where the distribution is configured no more.
 */
export function orderedRepository(
  { instances, api }: Pick<Config, 'instances' | 'api'>,
  instance: string,
  target: RepositoryTarget,
): Repository {
  const configured = instances.find(({ id }) => id === instance);
  const today =
    configured &&
    configuredRepositories(configured, api.publicUrl).find(
      ({ format, distribution }) => format === target.format && distribution === target.distribution,
    );
  return today ?? repositoryOf(instance, target, api.publicUrl);
}

function repositoryOf(
  instance: string,
  { format, distribution, derivatives, architectures }: RepositoryTarget,
  baseUrl: string,
): Repository {
  const base = { instance, distribution, derivatives, baseUrl };
  if (format === 'rpm') return { ...base, format, architectures: architectures.map(baseArchitecture) };
  if (format === 'osi') return { ...base, format, architectures };
  // Origin and Label never change once clients know them; build environments pin the farm's packages by the Origin
  return { ...base, format: 'deb', architectures, origin: instance, label: instance };
}

/** How people are told which repository is meant. */
export function nameOf({ instance, format, distribution }: RepositoryRef): string {
  return `${instance}/${format}/${distribution}`;
}
