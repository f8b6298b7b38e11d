import { type Clock, Failure } from '@fatbuildr/domain';
import {
  createCleartextMessage,
  createMessage,
  decryptKey,
  enums,
  type PrivateKey,
  readPrivateKey,
  sign,
} from 'openpgp';
import { readKeyringFiles } from './files.ts';
import { SIGNING } from './openpgp-config.ts';
import type { Keyring, KeyringInfo } from './types.ts';
import { verifyCleartext, verifyDetached } from './verify.ts';

/**
 * Opens the keyring in `dir`: decrypts its subkey once, so that signing is quick.
 *
 * @throws Failure `rejected` when there is none
 */
export async function openKeyring(dir: string, clock: Clock): Promise<Keyring> {
  const { secret, passphrase } = await readKeyringFiles(dir);
  const privateKey = await decryptKey({ privateKey: await readPrivateKey({ armoredKey: secret }), passphrase });
  const publicKey = privateKey.toPublic();
  const info = await describe(privateKey);

  /** What to sign with now. */
  const signing = () => {
    const now = clock();
    if (now >= info.expires) {
      const day = new Date(info.expires).toISOString().slice(0, 10);
      throw new Failure('publish-failure', `the signing key ${info.fingerprint} expired on ${day}`, {
        hint: 'renew it: fatbuildrctl keyring renew',
      });
    }
    return { signingKeys: privateKey, date: new Date(now), config: SIGNING };
  };

  return {
    ...info,
    armoredPublicKey: () => withLf(publicKey.armor()),
    binaryPublicKey: () => publicKey.write(),
    async signCleartext(text) {
      const message = await createCleartextMessage({ text: text.replace(/\n$/, '') });
      return withLf(await sign({ ...signing(), message }));
    },
    async signDetached(data) {
      const message = await createMessage({ binary: data });
      return withLf(await sign({ ...signing(), message, detached: true, format: 'armored' }));
    },
    async signDetachedBinary(data) {
      const message = await createMessage({ binary: data });
      return sign({ ...signing(), message, detached: true, format: 'binary' });
    },
    verifyCleartext: (message) => verifyCleartext(publicKey, message, clock()),
    verifyDetached: (data, signature) => verifyDetached(publicKey, data, signature, clock()),
  };
}

async function describe(key: PrivateKey): Promise<KeyringInfo> {
  const subkey = key.subkeys[0];
  const userId = key.users[0]?.userID;
  if (!subkey || !userId)
    throw new Failure('infrastructure-failure', `the key ${key.getFingerprint()} has no signing subkey`);
  // Both keys are made and renewed with the same end.
  const end = await key.getExpirationTime();
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    subkeyFingerprint: subkey.getFingerprint().toUpperCase(),
    algorithm: key.keyPacket.algorithm === enums.publicKey.rsaEncryptSign ? 'rsa4096' : 'ed25519',
    userId: { name: userId.name, email: userId.email },
    created: key.getCreationTime().getTime(),
    expires: end instanceof Date ? end.getTime() : Number.MAX_SAFE_INTEGER,
  };
}

/** OpenPGP.js ends armour lines by CRLF, which stays in an InRelease as part of the file. */
function withLf(armoured: string): string {
  return armoured.replaceAll('\r\n', '\n');
}
