import type { BuildDebOrder, DebDistribution, Instance } from '@fatbuildr/domain';
import { debRecipe } from '../recipes.ts';
import { type BuildFor, farmRepository, type OwnRepository } from './build-for.ts';

/** The build of a Debian package. */
export function debOrder(
  instance: Instance,
  distribution: DebDistribution,
  common: BuildFor,
  repository: OwnRepository,
): BuildDebOrder {
  const { name, tag, env, builder } = distribution;
  return {
    ...common,
    kind: 'build-deb',
    target: { distribution: name, tag, environment: env, builder },
    recipe: debRecipe(instance, distribution, common.architecture),
    farm: farmRepository(instance, 'deb', name, repository),
  };
}
