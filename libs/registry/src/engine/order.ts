import type { RepositoryFormat } from '../format.ts';
import type { PublishedPackage } from '../model/package.ts';

type Identity = Pick<PublishedPackage, 'name' | 'version' | 'architecture'>;

/** By name, then version, then architecture: the order of lists that people read. */
export function byIdentity({ compareVersions }: RepositoryFormat): (a: Identity, b: Identity) => number {
  return (a, b) => {
    if (a.name !== b.name) return a.name < b.name ? -1 : 1;
    return compareVersions(a.version, b.version) || a.architecture.localeCompare(b.architecture);
  };
}
