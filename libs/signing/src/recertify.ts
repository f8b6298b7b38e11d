import { encryptKey, type PrivateKey, reformatKey, type User } from 'openpgp';
import type { KeyFiles } from './files.ts';
import { withLf } from './key.ts';
import { SIGNING } from './openpgp-config.ts';
import { signForRpm } from './subpackets.ts';

/**
 * The files of a key whose signatures over itself are made anew, as every apt and rpm reads them; the keys stay. What
 * it signed before stays verifiable.
 *
 * @param key decrypted
 * @param expires undefined: never
 */
export async function recertify(
  key: PrivateKey,
  { now, expires, passphrase }: { now: number; expires: number | undefined; passphrase: string },
): Promise<KeyFiles> {
  const { user: primary } = await key.getPrimaryUser(new Date(now));
  const users = [primary, ...(await others(key, primary, now))].flatMap(({ userID }) => userID ?? []);
  const created = key.getCreationTime().getTime();
  const { privateKey, revocationCertificate } = await reformatKey({
    privateKey: key,
    userIDs: users.map(({ name, email, comment }) => ({ name, email, comment })),
    date: new Date(now),
    // Counted from the creation of the key (RFC 9580, 5.2.3.13); 0: for good.
    keyExpirationTime: expires === undefined ? 0 : Math.ceil((expires - created) / 1000),
    format: 'object',
    config: SIGNING,
  });
  await signForRpm(privateKey);
  keepEarlierSignatures(privateKey, key);
  return filesOf(privateKey, passphrase, revocationCertificate);
}

/** The other users that the key still stands for: what was revoked is not certified again. */
async function others(key: PrivateKey, primary: User, now: number): Promise<User[]> {
  const isValid = (user: User) =>
    user.verify(new Date(now)).then(
      () => true,
      () => false,
    );
  const users = key.users.filter((one) => one !== primary);
  const valid = await Promise.all(users.map(isValid));
  return users.filter((_, index) => valid[index]);
}

/** How a decrypted key is kept. */
export async function filesOf(privateKey: PrivateKey, passphrase: string, revocation: string): Promise<KeyFiles> {
  const encrypted = await encryptKey({ privateKey, passphrase, config: SIGNING });
  return {
    secret: withLf(encrypted.armor()),
    passphrase,
    revocation: withLf(revocation),
    public: withLf(privateKey.toPublic().armor()),
  };
}

/** What was signed before must stay verifiable for those who judge the key as of a signature's date (Sequoia does). */
function keepEarlierSignatures(renewed: PrivateKey, previous: PrivateKey): void {
  for (const user of renewed.users) {
    const before = previous.users.find((one) => one.userID?.userID === user.userID?.userID);
    user.selfCertifications.unshift(...(before?.selfCertifications ?? []));
  }
  for (const subkey of renewed.subkeys) {
    const before = previous.subkeys.find((one) => one.getFingerprint() === subkey.getFingerprint());
    subkey.bindingSignatures.unshift(...(before?.bindingSignatures ?? []));
  }
}
