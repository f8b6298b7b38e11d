import { Failure } from '@fatbuildr/domain';
import { createMessage, type Key, readCleartextMessage, readKey, readSignature, verify } from 'openpgp';

/**
 * The text that a cleartext-signed message holds, one newline at its end.
 *
 * @param publicKey armoured
 * @param now milliseconds since the epoch
 * @throws Failure `publish-failure` unless every signature on it is good and made by that key
 */
export async function verifyCleartext(publicKey: string | Key, message: string, now: number): Promise<string> {
  return named('the signed text', async () => {
    const key = typeof publicKey === 'string' ? await readKey({ armoredKey: publicKey }) : publicKey;
    const cleartext = await readCleartextMessage({ cleartextMessage: message });
    const { signatures } = await verify({ message: cleartext, verificationKeys: key, date: new Date(now) });
    await allGood(signatures);
    return `${cleartext.getText()}\n`;
  });
}

/**
 * Checks a detached signature over `data`, armoured or as bytes.
 *
 * @throws Failure `publish-failure` unless every signature in it is good and made by `publicKey`
 */
export async function verifyDetached(
  publicKey: string | Key,
  data: Uint8Array,
  signature: string | Uint8Array,
  now: number,
): Promise<void> {
  await named('the detached signature', async () => {
    const key = typeof publicKey === 'string' ? await readKey({ armoredKey: publicKey }) : publicKey;
    const message = await createMessage({ binary: data });
    const detached =
      typeof signature === 'string'
        ? await readSignature({ armoredSignature: signature })
        : await readSignature({ binarySignature: signature });
    const { signatures } = await verify({
      message,
      signature: detached,
      verificationKeys: key,
      date: new Date(now),
      format: 'binary',
    });
    await allGood(signatures);
  });
}

async function allGood(signatures: { verified: Promise<true> }[]): Promise<void> {
  if (signatures.length === 0) throw new Error('there is no signature');
  await Promise.all(signatures.map(({ verified }) => verified));
}

async function named<T>(what: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('publish-failure', `${what} does not verify with the public key: ${reason}`, { cause });
  }
}
