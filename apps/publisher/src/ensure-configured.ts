import type { Logger } from '@fatbuildr/service';
import type { Workshop } from './jobs/workshop.ts';
import { publishedKeys } from './publish-keys.ts';
import { configuredRepositories } from './repositories.ts';

/**
 * Publishes, empty and signed, what the configuration gained since the last start: a new distribution, derivative or
 * architecture; and once more what clients would soon distrust for its age. An instance without a keyring has nothing to
 * publish yet; one that is in trouble does not hold up the others.
 */
export async function ensureConfigured(
  { config, registry, keyrings }: Pick<Workshop, 'config' | 'registry' | 'keyrings'>,
  log: Logger,
): Promise<void> {
  for (const instance of config.instances) {
    const repositories = configuredRepositories(instance, config.api.publicUrl);
    try {
      const keyring = await keyrings.find(instance.id);
      if (!keyring) continue;
      for (const repository of repositories) {
        const made = await registry.ensurePublished({ repository });
        if (made) log.info({ instance: instance.id, distribution: repository.distribution }, 'repository published');
      }
      await registry.publishAccess({ instance: instance.id, repositories, ...publishedKeys(keyring) });
    } catch (err) {
      log.error({ err, instance: instance.id }, 'the repositories of an instance are not as configured');
    }
  }
}
