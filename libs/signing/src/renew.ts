import { type Clock, Failure } from '@fatbuildr/domain';
import { decryptKey, encryptKey, type PrivateKey, readPrivateKey, reformatKey } from 'openpgp';
import { readKeyringFiles, replaceSecret } from './files.ts';
import { openKeyring } from './keyring.ts';
import { SIGNING } from './openpgp-config.ts';
import { signForRpm } from './subpackets.ts';
import type { Keyring } from './types.ts';

/**
 * Gives the keys of a keyring another `validityDays` from now on, expired ones as well. The keys and so all signatures
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
  const { secret, passphrase } = await readKeyringFiles(dir);
  const privateKey = await decryptKey({ privateKey: await readPrivateKey({ armoredKey: secret }), passphrase });
  const userId = privateKey.users[0]?.userID;
  if (!userId) throw new Failure('infrastructure-failure', `the keyring ${dir} has no user id`);
  const now = clock();
  const age = Math.ceil((now - privateKey.getCreationTime().getTime()) / 1000);
  const renewed = await reformatKey({
    privateKey,
    userIDs: [{ name: userId.name, email: userId.email }],
    date: new Date(now),
    // Counted from the creation of the key (RFC 9580, 5.2.3.13).
    keyExpirationTime: age + validityDays * 86_400,
    format: 'object',
    config: SIGNING,
  });
  await signForRpm(renewed.privateKey);
  const encrypted = await encryptKey({ privateKey: renewed.privateKey, passphrase, config: SIGNING });
  keepEarlierSignatures(encrypted, privateKey);
  await replaceSecret(dir, encrypted.armor());
  return openKeyring(dir, clock);
}

/** What was signed before must stay verifiable for those who judge the key as of a signature's date (Sequoia does). */
function keepEarlierSignatures(renewed: PrivateKey, previous: PrivateKey): void {
  renewed.users[0]?.selfCertifications.unshift(...(previous.users[0]?.selfCertifications ?? []));
  for (const [index, subkey] of renewed.subkeys.entries()) {
    subkey.bindingSignatures.unshift(...(previous.subkeys[index]?.bindingSignatures ?? []));
  }
}
