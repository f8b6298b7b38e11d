import type { Workshop } from './jobs/workshop.ts';
import { keyringInfo } from './keyrings.ts';
import { configuredRepositories } from './repositories.ts';
import type { InstanceContents } from './telling.ts';

/** What there is of every instance that is configured. The keyring is read when it is asked for. */
export function contentsOf({ config, keyrings }: Pick<Workshop, 'config' | 'keyrings'>): InstanceContents[] {
  return config.instances.map((instance) => ({
    instance: instance.id,
    async keyring() {
      const keyring = await keyrings.find(instance.id);
      return keyring ? keyringInfo(keyring) : null;
    },
    repositories: configuredRepositories(instance, config.api.publicUrl),
  }));
}
