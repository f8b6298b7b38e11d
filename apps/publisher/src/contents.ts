import type { Workshop } from './jobs/workshop.ts';
import { keyringInfo } from './keyrings.ts';
import { configuredRepositories } from './repositories.ts';
import type { InstanceContents } from './telling.ts';

/** What there is of every instance that is configured. */
export function contentsOf({ config, keyrings }: Pick<Workshop, 'config' | 'keyrings'>): Promise<InstanceContents[]> {
  return Promise.all(
    config.instances.map(async (instance) => {
      const keyring = await keyrings.find(instance.id);
      return {
        instance: instance.id,
        keyring: keyring ? keyringInfo(keyring) : null,
        repositories: configuredRepositories(instance, config.api.publicUrl),
      };
    }),
  );
}
