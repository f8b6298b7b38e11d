import { Failure, toFailure } from '@fatbuildr/domain';
import type { Repository } from '@fatbuildr/registry';
import type { Keyring } from '@fatbuildr/signing';
import type { Workshop } from './jobs/workshop.ts';

/** What of keys clients are given. */
function publishedKeys(keyring: Keyring): { publicKey: string; retiredKeys: string } {
  return { publicKey: keyring.armoredPublicKey(), retiredKeys: keyring.armoredRetiredKeys() };
}

/** Hands out the public keys of an instance as they are when it ends, whoever changes them meanwhile. */
export async function handOutKeys(
  { registry, keyrings }: Pick<Workshop, 'registry' | 'keyrings'>,
  instance: string,
  repositories: Repository[],
): Promise<void> {
  for (let given: Keyring | undefined; ; ) {
    const keyring = await keyrings.get(instance);
    if (keyring === given) return;
    await registry.publishAccess({ instance, repositories, ...publishedKeys(keyring) });
    given = keyring;
  }
}

/**
 * Lets the repositories of an instance follow its keys: each is published, empty if need be, or signed again, and clients
 * are handed the public keys. One that cannot be signed does not hold up the others.
 *
 * @param first whether this is the first key of the instance
 * @throws Failure once all were tried
 */
export async function publishKeys(
  workshop: Pick<Workshop, 'registry' | 'keyrings'>,
  { instance, repositories, first }: { instance: string; repositories: Repository[]; first: boolean },
): Promise<void> {
  const failed: { repository: Repository; failure: Failure }[] = [];
  // A key is handed out before it signs; but clients are sent to repositories that are there.
  if (!first) await handOutKeys(workshop, instance, repositories);
  for (const repository of repositories) {
    await workshop.registry.ensurePublished({ repository, resign: !first }).catch((error: unknown) => {
      failed.push({ repository, failure: toFailure(error) });
    });
  }
  if (first) await handOutKeys(workshop, instance, repositories);
  const [one] = failed;
  if (!one) return;
  const { outcome, message, hint } = one.failure;
  const names = failed.map(({ repository }) => repository.distribution).join(', ');
  throw new Failure(outcome, `${names} could not be signed as the keys are now: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: one.failure,
  });
}
