import type { OsiRepository, Repository } from '@fatbuildr/registry';
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
  { registry, images: osi, keyrings }: Pick<Workshop, 'registry' | 'images' | 'keyrings'>,
  {
    instance,
    keyring,
    repositories,
    images,
    first,
  }: { instance: string; keyring: Keyring; repositories: Repository[]; images: OsiRepository[]; first: boolean },
): Promise<void> {
  const sign = async () => {
    for (const repository of repositories) await registry.ensurePublished({ repository, resign: !first });
    const signer = await keyrings.signerFor(instance, 'osi');
    for (const repository of images) await osi.ensurePublished({ repository, signer, resign: !first });
  };
  const handOut = () => registry.publishAccess({ instance, repositories, ...publishedKeys(keyring) });
  // A key is handed out before it signs; but clients are sent to repositories that are there.
  for (const step of first ? [sign, handOut] : [handOut, sign]) await step();
}
