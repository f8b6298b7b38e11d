import { Failure } from '@fatbuildr/domain';
import { decryptKey, type PrivateKey, readPrivateKeys } from 'openpgp';
import { randomPassphrase, refuseSecond } from './create.ts';
import { makeKeyring } from './files.ts';
import { describe } from './key.ts';
import { openKeyring } from './keyring.ts';
import { recertify } from './recertify.ts';
import type { Keyring, NewKeyring } from './types.ts';
import { checkUsable, isSigningSubkey } from './usable.ts';

/**
 * Makes a secret key that exists already the keyring of an instance. It keeps its end and its signatures; subkeys other
 * than the one that signs and revoked user IDs are left out, a new passphrase and a revocation certificate are made.
 *
 * @param armored as of `gpg --export-secret-keys --armor`, one key
 * @param passphrase undefined: the key has none
 * @throws Failure `rejected` when `dir` has a keyring already, when this is no secret key, the passphrase is not its own
 * or apt or rpm would not accept what it signs
 */
export async function importKeyring({
  dir,
  now,
  task = '',
  armored,
  passphrase,
}: NewKeyring & { armored: string; passphrase: string | undefined }): Promise<Keyring> {
  await refuseSecond(dir);
  const locked = await read(armored);
  checkUsable(locked);
  const key = await unlock(locked, passphrase);
  key.subkeys = key.subkeys.filter(isSigningSubkey);
  const { expires, subkeyFingerprint } = await describe(key, now).catch((cause: unknown) => {
    throw refusal(`no key in it may sign: ${textOf(cause)}`, 'give it a signing subkey: gpg --quick-add-key', cause);
  });
  // All that stays is bound to the master anew, and so valid again: also what ended long ago.
  key.subkeys = key.subkeys.filter((one) => one.getFingerprint().toUpperCase() === subkeyFingerprint);
  if (expires !== undefined && expires <= now) {
    throw refusal(
      `it expired on ${new Date(expires).toISOString().slice(0, 10)}`,
      'move its end first: gpg --quick-set-expire FINGERPRINT 2y, for the subkeys too',
    );
  }
  const files = await recertify(key, { now, expires, passphrase: randomPassphrase() }).catch((cause: unknown) => {
    throw refusal(`its user IDs cannot be written again: ${textOf(cause)}`, 'give it a plain one: Name <email>', cause);
  });
  await makeKeyring(dir, key.getFingerprint().toUpperCase(), files, task);
  return openKeyring(dir, () => now);
}

const EXPORT = 'export it: gpg --export-secret-keys --armor FINGERPRINT';

async function read(armoredKeys: string): Promise<PrivateKey> {
  const keys = await readPrivateKeys({ armoredKeys }).catch((cause: unknown) => {
    throw refusal(`this is no armoured secret key: ${textOf(cause)}`, EXPORT, cause);
  });
  const [key] = keys;
  if (key && keys.length === 1) return key;
  throw refusal(`there are ${keys.length} keys in the file, not one`, EXPORT);
}

async function unlock(privateKey: PrivateKey, passphrase: string | undefined): Promise<PrivateKey> {
  if (privateKey.isDecrypted()) return privateKey;
  if (passphrase === undefined) {
    throw refusal('it has a passphrase', 'give it too: fatbuildrctl keyring import FILE --passphrase-stdin');
  }
  return decryptKey({ privateKey, passphrase }).catch((cause: unknown) => {
    throw refusal('the passphrase is not its own', 'try it: gpg --export-secret-keys asks for it', cause);
  });
}

function refusal(reason: string, hint: string, cause?: unknown): Failure {
  return new Failure('rejected', `the key cannot be imported: ${reason}`, { hint, cause });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
