import type { Format, Instance, RepositoryTarget } from '@fatbuildr/domain';

/** The repository of a distribution, with every derivative and architecture it must have. */
export function repositoryTarget(instance: Instance, distribution: { format: Format; name: string }): RepositoryTarget {
  const { format, name } = distribution;
  const derivatives = instance.derivatives.filter((one) => one.formats.includes(format)).map((one) => one.name);
  return {
    format,
    distribution: name,
    derivatives: ['main', ...derivatives],
    architectures: instance.architectures,
  };
}
