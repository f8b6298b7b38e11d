import type { BuildDebOrder, FarmRepository, Instance } from '@fatbuildr/domain';

/** What an order says of a build whatever its format. */
export type BuildFor = Omit<BuildDebOrder, 'kind' | 'target' | 'recipe' | 'farm'>;

/** What a build may take its dependencies from, of what the farm itself published. */
export interface OwnRepository {
  /** The derivative that is built for and those it extends, itself first. */
  derivatives: string[];
  publicKey: string;
}

export function farmRepository(
  { id }: Instance,
  format: 'deb' | 'rpm',
  distribution: string,
  { derivatives, publicKey }: OwnRepository,
): FarmRepository {
  return { path: `/${id}/${format}`, suite: distribution, origin: id, components: derivatives, publicKey };
}
