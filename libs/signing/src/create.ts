import { randomBytes } from 'node:crypto';
import { Failure } from '@fatbuildr/domain';
import { generateKey, type KeyOptions } from 'openpgp';
import { type KeyFiles, keyringExists, makeKeyring } from './files.ts';
import { openKeyring } from './keyring.ts';
import { SIGNING } from './openpgp-config.ts';
import { filesOf } from './recertify.ts';
import { signForRpm } from './subpackets.ts';
import type { Keyring, NewKeyAlgorithm, NewKeyring, UserId } from './types.ts';

const KEY_TYPES = {
  rsa4096: { type: 'rsa', rsaBits: 4096 },
  // The legacy form: gpg 2.2 and rpm know no other.
  ed25519: { type: 'ecc', curve: 'ed25519Legacy' },
} as const satisfies Record<NewKeyAlgorithm, Partial<KeyOptions>>;

const SECONDS_PER_DAY = 86_400;

/** A key that is to be. */
export interface NewKey {
  userId: UserId;
  validityDays: number;
  algorithm?: NewKeyAlgorithm;
}

/**
 * Makes the keyring of an instance: a master key that certifies, a subkey that signs, and a revocation certificate.
 *
 * @throws Failure `rejected` when `dir` has a keyring already
 */
export async function createKeyring({ dir, now, task = '', ...key }: NewKeyring & NewKey): Promise<Keyring> {
  await refuseSecond(dir);
  const { fingerprint, files } = await generate(key, now);
  await makeKeyring(dir, fingerprint, files, task);
  return openKeyring(dir, () => now);
}

export async function refuseSecond(dir: string): Promise<void> {
  if (!(await keyringExists(dir))) return;
  throw new Failure('rejected', 'the instance has a keyring already', {
    hint: 'renew it when it expires: fatbuildrctl keyring renew; or have another key follow: fatbuildrctl keyring rotate',
  });
}

/** Node's thread pool computes the keys; RSA 4096 takes seconds, during which the event loop goes on. */
export async function generate(
  { userId, validityDays, algorithm = 'rsa4096' }: NewKey,
  now: number,
): Promise<{ fingerprint: string; files: KeyFiles }> {
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
  return {
    fingerprint: privateKey.getFingerprint().toUpperCase(),
    files: await filesOf(privateKey, randomPassphrase(), revocationCertificate),
  };
}

export function randomPassphrase(): string {
  return randomBytes(32).toString('base64url');
}
