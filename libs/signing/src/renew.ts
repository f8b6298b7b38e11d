import type { Clock } from '@fatbuildr/domain';
import { readSecret, readState, replaceKey } from './files.ts';
import { openKey } from './key.ts';
import { openKeyring } from './keyring.ts';
import { recertify } from './recertify.ts';
import type { Keyring } from './types.ts';

const DAY = 86_400_000;

/**
 * Gives the keys that sign another `validityDays` from now on, expired ones as well. The keys and so all signatures
 * stay; clients need the new public key.
 *
 * @throws Failure `rejected` when there is no keyring
 */
export async function renewKeyring({
  dir,
  clock,
  validityDays,
}: {
  dir: string;
  clock: Clock;
  validityDays: number;
}): Promise<Keyring> {
  const { current, rotation } = await readState(dir);
  const now = clock();
  for (const fingerprint of [current, ...(rotation ? [rotation.other] : [])]) {
    const { secret } = await openKey(dir, fingerprint, now);
    const { passphrase } = await readSecret(dir, fingerprint);
    const files = await recertify(secret, { now, expires: now + validityDays * DAY, passphrase });
    await replaceKey(dir, fingerprint, files);
  }
  return openKeyring(dir, clock);
}
