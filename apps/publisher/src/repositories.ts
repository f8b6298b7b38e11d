import type { Config } from '@fatbuildr/config';
import { type Instance, type RepositoryTarget, repositoryTarget } from '@fatbuildr/domain';
import type { AptRepository } from '@fatbuildr/registry';

/** Every APT repository that the configuration gives an instance. */
export function configuredRepositories(instance: Instance): AptRepository[] {
  return instance.distributions
    .filter((one) => one.format === 'deb')
    .map((one) => aptRepository(instance.id, repositoryTarget(instance, one)));
}

/**
 * The repository that an order is about. The configuration of today counts, since an order may have waited while it
 * changed; the order's own words where the distribution is configured no more.
 */
export function orderedRepository(
  config: Pick<Config, 'instances'>,
  instance: string,
  target: RepositoryTarget,
): AptRepository {
  const configured = config.instances.find(({ id }) => id === instance);
  const today =
    configured && configuredRepositories(configured).find((one) => one.distribution === target.distribution);
  return today ?? aptRepository(instance, target);
}

/** Origin and Label never change once clients know them; build environments pin the farm's packages by the Origin. */
function aptRepository(
  instance: string,
  { distribution, derivatives, architectures }: RepositoryTarget,
): AptRepository {
  return { instance, distribution, derivatives, architectures, origin: instance, label: instance };
}
