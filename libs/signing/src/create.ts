import { randomBytes } from 'node:crypto';
import { Failure } from '@fatbuildr/domain';
import { encryptKey, generateKey, type KeyOptions } from 'openpgp';
import { createKeyringFiles, keyringExists } from './files.ts';
import { openKeyring } from './keyring.ts';
import { SIGNING } from './openpgp-config.ts';
import { signForRpm } from './subpackets.ts';
import type { KeyAlgorithm, Keyring, NewKeyring } from './types.ts';

const KEY_TYPES = {
  rsa4096: { type: 'rsa', rsaBits: 4096 },
  // The legacy form: gpg 2.2 and rpm know no other.
  ed25519: { type: 'ecc', curve: 'ed25519Legacy' },
} as const satisfies Record<KeyAlgorithm, Partial<KeyOptions>>;

const SECONDS_PER_DAY = 86_400;

/**
 * Makes the keyring of an instance: a master key that certifies, and a subkey that signs. Node's thread pool computes
 * the keys; RSA 4096 takes seconds, during which the event loop goes on.
 *
 * @throws Failure `rejected` when `dir` has a keyring already
 */
export async function createKeyring({
  dir,
  userId,
  now,
  validityDays,
  algorithm = 'rsa4096',
}: NewKeyring): Promise<Keyring> {
  if (await keyringExists(dir)) {
    throw new Failure('rejected', 'the instance has a keyring already', {
      hint: 'renew it when it expires: fatbuildrctl keyring renew',
    });
  }
  const passphrase = randomBytes(32).toString('base64url');
  const { privateKey, revocationCertificate } = await generateKey({
    ...KEY_TYPES[algorithm],
    userIDs: [userId],
    date: new Date(now),
    keyExpirationTime: validityDays * SECONDS_PER_DAY,
    subkeys: [{ sign: true }],
    format: 'object',
    config: SIGNING,
  });
  await signForRpm(privateKey);
  const encrypted = await encryptKey({ privateKey, passphrase, config: SIGNING });
  await createKeyringFiles(dir, { secret: encrypted.armor(), passphrase, revocation: revocationCertificate });
  return openKeyring(dir, () => now);
}
