import { type PackageKey, RegistryPackage } from '@fatbuildr/domain';
import type { PublishedPackage, RepositoryRef } from '@fatbuildr/registry';

/** A package as the api knows it. */
export function registryPackage({ format, distribution }: RepositoryRef, one: PublishedPackage): RegistryPackage {
  const { derivative, name, version, architecture, source, size, digest, summary, relations, published, task } = one;
  return RegistryPackage.parse({
    ...{ format, distribution, derivative, name, version, architecture, source, size, summary, relations },
    path: `${format}/${one.files[0]?.path}`,
    sha256: digest,
    ...{ published, task },
  });
}

export function packageKey({ derivative, name, version, architecture }: PackageKey): PackageKey {
  return { derivative, name, version, architecture };
}
