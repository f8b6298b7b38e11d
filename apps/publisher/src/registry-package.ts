import { type PackageKey, RegistryPackage } from '@fatbuildr/domain';
import type { PublishedPackage, RepositoryRef } from '@fatbuildr/registry';

/** Characters of what a package says of itself that the api is told: real ones have a tenth. */
const MOST_WORDS = 1 << 20;

/** A package as the api knows it. One that says more of itself than anybody reads is told without that. */
export function registryPackage({ format, distribution }: RepositoryRef, one: PublishedPackage): RegistryPackage {
  const { derivative, name, version, architecture, source, size, published, task } = one;
  const { summary, relations } = wordsOf(one) > MOST_WORDS ? { summary: '', relations: {} } : one;
  // the package, the .dsc, or of an image the largest of its files
  const [first] = one.files;
  return RegistryPackage.parse({
    ...{ format, distribution, derivative, name, version, architecture, source, size, summary, relations },
    path: `${format}/${first?.path}`,
    sha256: first?.sha256,
    ...{ published, task },
  });
}

function wordsOf({ summary, relations }: PublishedPackage): number {
  return Object.values(relations).reduce((sum, each) => sum + each.length, summary.length);
}

export function packageKey({ derivative, name, version, architecture }: PackageKey): PackageKey {
  return { derivative, name, version, architecture };
}
