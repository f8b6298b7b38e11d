import type { Repository } from '@fatbuildr/registry';
import type { Keyring } from '@fatbuildr/signing';
import type { Workshop } from './jobs/workshop.ts';

/** What of keys clients are given. */
export function publishedKeys(keyring: Keyring): { publicKey: string; retiredKeys: string } {
  return { publicKey: keyring.armoredPublicKey(), retiredKeys: keyring.armoredRetiredKeys() };
}

/**
 * Lets the repositories of an instance follow its keys: each is published, empty if need be, or signed again, and clients
 * are handed the public keys.
 *
 * @param first whether this is the first key of the instance
 */
export async function publishKeys(
  { registry }: Pick<Workshop, 'registry'>,
  {
    instance,
    keyring,
    repositories,
    first,
  }: { instance: string; keyring: Keyring; repositories: Repository[]; first: boolean },
): Promise<void> {
  const sign = async () => {
    for (const repository of repositories) await registry.ensurePublished({ repository, resign: !first });
  };
  const handOut = () => registry.publishAccess({ instance, repositories, ...publishedKeys(keyring) });
  // A key is handed out before it signs; but clients are sent to repositories that are there.
  for (const step of first ? [sign, handOut] : [handOut, sign]) await step();
}
