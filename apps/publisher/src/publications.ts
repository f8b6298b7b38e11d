import { type PublicationResult, RegistryPackage, type SyncRequest } from '@fatbuildr/domain';
import type { AptRegistry, AptRepository, PublishedPackage, PublishResult } from '@fatbuildr/registry';
import type { Workshop } from './jobs/workshop.ts';
import { keyringInfo } from './keyrings.ts';
import { configuredRepositories } from './repositories.ts';

type PublicationReport = PublicationResult['publications'][number];

/** What one publication changed. */
export function changeReport({ distribution }: AptRepository, result: PublishResult): PublicationReport {
  return {
    format: 'deb',
    distribution,
    revision: result.revision,
    full: false,
    added: result.added.map((one) => registryPackage(distribution, one)),
    removed: result.removed.map(({ derivative, name, version, architecture }) => ({
      derivative,
      name,
      version,
      architecture,
    })),
  };
}

/** All that a repository holds now; undefined before its first publication. */
export function fullReport(registry: AptRegistry, repository: AptRepository): PublicationReport | undefined {
  const { instance, distribution } = repository;
  const [head] = registry.publications({ instance, distribution, limit: 1 });
  if (!head) return undefined;
  const packages = registry.list({ instance, distribution });
  return {
    format: 'deb',
    distribution,
    revision: head.revision,
    full: true,
    added: packages.map((one) => registryPackage(distribution, one)),
    removed: [],
  };
}

/** Everything that is published, by instance. */
export async function contentsOf({ config, registry, keyrings }: Workshop): Promise<SyncRequest[]> {
  const contents: SyncRequest[] = [];
  for (const instance of config.instances) {
    const keyring = await keyrings.find(instance.id);
    const publications = configuredRepositories(instance).flatMap((one) => fullReport(registry, one) ?? []);
    contents.push({ instance: instance.id, publications, keyring: keyring ? keyringInfo(keyring) : null });
  }
  return contents;
}

function registryPackage(distribution: string, one: PublishedPackage): RegistryPackage {
  const { derivative, name, version, architecture, source, size, digest, summary, relations, published } = one;
  return RegistryPackage.parse({
    format: 'deb',
    distribution,
    derivative,
    name,
    version,
    architecture,
    source,
    path: `deb/${one.files[0]?.path}`,
    size,
    sha256: digest,
    summary,
    relations,
    published,
    task: one.tasks[0] ?? null,
  });
}
