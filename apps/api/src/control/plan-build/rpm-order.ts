import type { BuildRpmOrder, Instance, RpmDistribution } from '@fatbuildr/domain';
import type { Change } from '../context.ts';
import { rpmRecipe } from '../recipes.ts';
import { type BuildFor, farmRepository, type OwnRepository } from './build-for.ts';

/** The build of an RPM package. dnf fails where a repository is not there: the farm's own is named once it is published. */
export async function rpmOrder(
  tx: Change,
  instance: Instance,
  distribution: RpmDistribution,
  common: BuildFor,
  repository: OwnRepository,
): Promise<BuildRpmOrder> {
  const { name, tag, env, builder = null } = distribution;
  const published = await tx.registry.repository({ instance: instance.id, format: 'rpm', distribution: name });
  return {
    ...common,
    kind: 'build-rpm',
    target: { distribution: name, tag, environment: env, builder },
    recipe: rpmRecipe(instance, distribution, common.architecture),
    farm: published ? farmRepository(instance, 'rpm', name, repository) : null,
  };
}
