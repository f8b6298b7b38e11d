import { baseArchitecture, type FarmRepository } from '@fatbuildr/domain';
import type { DnfRepository } from './dnf-config.ts';

/**
 * The farm's own repositories, checked by its key, packages and metadata: one for each derivative, the strongest first,
 * and all of them before any other.
 *
 * @param url that holds the distributions
 * @param gpgkey where dnf finds the key of the farm
 */
export function farmRepositories(
  { suite, components }: Pick<FarmRepository, 'suite' | 'components'>,
  { url, gpgkey, architecture }: { url: string; gpgkey: string; architecture: string },
): DnfRepository[] {
  return components.map((derivative, index) => ({
    id: `farm-${derivative}`,
    baseurls: [`${url}/${suite}/${derivative}/${baseArchitecture(architecture)}`],
    gpgkey,
    signedMetadata: true,
    priority: index + 1,
    alwaysFresh: true,
  }));
}
