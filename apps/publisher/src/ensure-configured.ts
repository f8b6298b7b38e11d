import type { Logger } from '@fatbuildr/service';
import type { Workshop } from './jobs/workshop.ts';
import { handOutKeys } from './publish-keys.ts';
import { configuredRepositories } from './repositories.ts';

/**
 * Publishes, empty and signed, what the configuration gained since the last start: a new distribution, derivative or
 * architecture; and once more what clients would soon distrust for its age, or distrust now for its signature. An
 * instance without a keyring has nothing to publish yet; a repository that is in trouble does not hold up the others.
 */
export async function ensureConfigured(
  { config, registry, keyrings }: Pick<Workshop, 'config' | 'registry' | 'keyrings'>,
  log: Logger,
): Promise<void> {
  for (const instance of config.instances) {
    const { id } = instance;
    const repositories = configuredRepositories(instance, config.api.publicUrl);
    try {
      if (!(await keyrings.find(id))) continue;
      for (const repository of repositories) {
        const about = { instance: id, distribution: repository.distribution, format: repository.format };
        await registry.ensurePublished({ repository }).then(
          (made) => made && log.info(about, 'repository published'),
          (err: unknown) => log.error({ ...about, err }, 'a repository is not as it should be'),
        );
      }
      await handOutKeys({ registry, keyrings }, id, repositories);
    } catch (err) {
      log.error({ err, instance: id }, 'the keys of an instance are not handed out');
    }
  }
}
