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
  return named('the signed text', async () => cleartext(await keysOf(publicKeys), message, now, allGood));
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
  await named('the detached signature', async () => detached(await keysOf(publicKeys), data, signature, now, allGood));
}

/**
 * Checks what others signed, of whose keys one is enough, as for apt and dnf. A key that expired since counts: it is
 * judged by the time at which it signed.
 */
export interface ForeignVerifier {
  /** The text that a cleartext-signed message holds. @throws when it is not good */
  cleartext(message: string): Promise<string>;
  /** @param signature armoured or not @throws when it is not good */
  detached(data: Uint8Array, signature: Uint8Array): Promise<void>;
}

/**
 * @param publicKeys armoured
 * @throws Failure `rejected` when there is none among them
 */
export async function foreignVerifier(publicKeys: string, clock: () => number): Promise<ForeignVerifier> {
  const keys = await keysOf(publicKeys).catch(() => []);
  if (keys.length === 0) {
    throw new Failure('rejected', 'what was given as a key is no armoured public key', {
      hint: 'print it so with gpg --armor --export KEY',
    });
  }
  return {
    cleartext: (message) => cleartext(keys, message, clock(), oneGood),
    detached(data, signature) {
      const text = Buffer.from(signature).toString('latin1');
      const armoured = text.trimStart().startsWith('-----BEGIN PGP');
      return detached(keys, data, armoured ? text : signature, clock(), oneGood);
    },
  };
}

/** Signatures as they were found, each good or not. */
type Signatures = readonly { keyID: KeyID; verified: Promise<true> }[];
type Judge = (signatures: Signatures, keys: Key[]) => Promise<void>;

async function cleartext(keys: Key[], text: string, now: number, judge: Judge): Promise<string> {
  const message = await readCleartextMessage({ cleartextMessage: text });
  const { signatures } = await verify({ message, verificationKeys: keys, date: new Date(now) });
  await judge(signatures, keys);
  return `${message.getText()}\n`;
}

async function detached(
  keys: Key[],
  data: Uint8Array,
  signature: string | Uint8Array,
  now: number,
  judge: Judge,
): Promise<void> {
  const message = await createMessage({ binary: data });
  const read =
    typeof signature === 'string'
      ? await readSignature({ armoredSignature: signature })
      : await readSignature({ binarySignature: signature });
  const { signatures } = await verify({
    message,
    signature: read,
    verificationKeys: keys,
    date: new Date(now),
    format: 'binary',
  });
  await judge(signatures, keys);
}

/** The library reads the first block of armour alone. */
async function keysOf(publicKeys: PublicKeys): Promise<Key[]> {
  if (typeof publicKeys !== 'string') return [...publicKeys];
  return Promise.all((publicKeys.match(BLOCK) ?? []).map((armoredKey) => readKey({ armoredKey })));
}

async function oneGood(signatures: Signatures, keys: Key[]): Promise<void> {
  const known = signatures.filter(({ keyID }) => keys.some((key) => has(key, keyID)));
  for (const { verified } of signatures) verified.catch(() => {});
  if (known.length > 0) {
    await Promise.any(known.map(({ verified }) => verified)).catch((error: AggregateError) => {
      throw error.errors[0];
    });
    return;
  }
  const others = signatures.map(({ keyID }) => keyID.toHex().toUpperCase());
  throw new Error(others.length === 0 ? 'there is no signature' : `it is signed by ${others.join(', ')}`);
}

async function allGood(signatures: Signatures, keys: Key[]): Promise<void> {
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
