import type { RepositoryFormat } from '../format.ts';
import type { PublishedPackage } from '../model/package.ts';
import type { Repository } from '../model/repository.ts';

export type Identity = Pick<PublishedPackage, 'name' | 'version' | 'architecture'>;

export type Rivals = ReturnType<typeof openRivals>;

/**
 * Tells which packages clients take for the same: those of one name whose versions are equal, however they are written,
 * and whose architectures meet in one list.
 *
 * @param versionsOf the versions of a name that are, or were, published
 */
export function openRivals(
  { rivals, compareVersions }: Pick<RepositoryFormat, 'rivals' | 'compareVersions'>,
  definition: Repository,
  versionsOf: (name: string) => string[],
) {
  const known = new Map<string, Set<string>>();
  return {
    /** What a package may be or have been published as, itself included: none where nobody ever saw its version. */
    of({ name, version, architecture }: Identity): Identity[] {
      const versions = known.get(name) ?? new Set(versionsOf(name));
      known.set(name, versions);
      const equal = [...versions].filter((other) => other === version || compareVersions(other, version) === 0);
      versions.add(version);
      const architectures = rivals(definition, architecture);
      return equal.flatMap((other) => architectures.map((each) => ({ name, version: other, architecture: each })));
    },
  };
}

export function isIdentity(a: Identity, b: Identity): boolean {
  return a.name === b.name && a.version === b.version && a.architecture === b.architecture;
}
