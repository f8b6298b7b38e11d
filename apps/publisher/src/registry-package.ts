import { type PackageKey, RegistryPackage } from '@fatbuildr/domain';
import type { PublishedPackage, RepositoryRef } from '@fatbuildr/registry';

/** A package as the api knows it. */
export function registryPackage({ format, distribution }: RepositoryRef, one: PublishedPackage): RegistryPackage {
  const { derivative, name, version, architecture, source, size, summary, relations, published, task } = one;
  // the package, the .dsc, or of an image the largest of its files
  const [first] = one.files;
  return RegistryPackage.parse({
    ...{ format, distribution, derivative, name, version, architecture, source, size, summary, relations },
    path: `${format}/${first?.path}`,
    sha256: first?.sha256,
    ...{ published, task },
  });
}

export function packageKey({ derivative, name, version, architecture }: PackageKey): PackageKey {
  return { derivative, name, version, architecture };
}
