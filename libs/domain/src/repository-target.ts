import type { DistributionBase, Instance } from './instance.ts';
import type { Format } from './names.ts';
import type { RepositoryTarget } from './registry-order.ts';

/** The repository of a distribution, with every derivative and architecture that the configuration gives it. */
export function repositoryTarget(
  instance: Pick<Instance, 'derivatives' | 'architectures'>,
  { format, name }: Pick<DistributionBase, 'name'> & { format: Format },
): RepositoryTarget {
  const derivatives = instance.derivatives.filter((one) => one.formats.includes(format)).map((one) => one.name);
  return {
    format,
    distribution: name,
    derivatives: ['main', ...derivatives],
    architectures: instance.architectures,
  };
}
