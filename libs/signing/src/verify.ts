import { Failure } from '@fatbuildr/domain';
import { createMessage, type Key, type KeyID, readCleartextMessage, readKey, readSignature, verify } from 'openpgp';

const BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g;

/** Public keys, as objects or armoured, one block each. */
export type PublicKeys = string | readonly Key[];

/**
 * The text that a cleartext-signed message holds, one newline at its end.
 *
 * @param now milliseconds since the epoch
 * @throws Failure `publish-failure` unless each of the keys made a good signature on it, and nobody else one
 */
export async function verifyCleartext(publicKeys: PublicKeys, message: string, now: number): Promise<string> {
  return named('the signed text', async () => {
    const keys = await keysOf(publicKeys);
    const cleartext = await readCleartextMessage({ cleartextMessage: message });
    const { signatures } = await verify({ message: cleartext, verificationKeys: keys, date: new Date(now) });
    await allGood(signatures, keys);
    return `${cleartext.getText()}\n`;
  });
}

/**
 * Checks a detached signature over `data`, armoured or as bytes.
 *
 * @throws Failure `publish-failure` unless each of the keys made a good one in it, and nobody else one
 */
export async function verifyDetached(
  publicKeys: PublicKeys,
  data: Uint8Array,
  signature: string | Uint8Array,
  now: number,
): Promise<void> {
  await named('the detached signature', async () => {
    const keys = await keysOf(publicKeys);
    const message = await createMessage({ binary: data });
    const detached =
      typeof signature === 'string'
        ? await readSignature({ armoredSignature: signature })
        : await readSignature({ binarySignature: signature });
    const { signatures } = await verify({
      message,
      signature: detached,
      verificationKeys: keys,
      date: new Date(now),
      format: 'binary',
    });
    await allGood(signatures, keys);
  });
}

/** The library reads the first block of armour alone. */
async function keysOf(publicKeys: PublicKeys): Promise<Key[]> {
  if (typeof publicKeys !== 'string') return [...publicKeys];
  return Promise.all((publicKeys.match(BLOCK) ?? []).map((armoredKey) => readKey({ armoredKey })));
}

async function allGood(signatures: readonly { keyID: KeyID; verified: Promise<true> }[], keys: Key[]): Promise<void> {
  if (signatures.length === 0) throw new Error('there is no signature');
  await Promise.all(signatures.map(({ verified }) => verified));
  const signedBy = (key: Key) => signatures.some(({ keyID }) => has(key, keyID));
  const silent = keys.find((key) => !signedBy(key));
  if (silent) throw new Error(`there is no signature by ${silent.getFingerprint().toUpperCase()}`);
}

function has(key: Key, id: KeyID): boolean {
  return key.getKeyIDs().some((one) => one.equals(id));
}

async function named<T>(what: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('publish-failure', `${what} does not verify with the public key: ${reason}`, { cause });
  }
}
