import type { Logger } from '@fatbuildr/service';
import type { Workshop } from './jobs/workshop.ts';
import { configuredRepositories } from './repositories.ts';

/**
 * Publishes, empty and signed, what the configuration gained since the last start: a new distribution, derivative or
 * architecture. An instance without a keyring has nothing to publish yet; one that is in trouble does not hold up the
 * others.
 */
export async function ensureConfigured({ config, registry, keyrings }: Workshop, log: Logger): Promise<void> {
  for (const instance of config.instances) {
    const repositories = configuredRepositories(instance);
    try {
      const keyring = await keyrings.find(instance.id);
      if (!keyring) continue;
      for (const repository of repositories) {
        const made = await registry.ensurePublished({ repository, signer: keyring });
        if (made) log.info({ instance: instance.id, distribution: repository.distribution }, 'repository published');
      }
      await registry.publishAccess({
        instance: instance.id,
        repositories,
        publicKey: keyring.armoredPublicKey(),
        baseUrl: config.api.publicUrl,
      });
    } catch (err) {
      log.error({ err, instance: instance.id }, 'the repositories of an instance are not as configured');
    }
  }
}
