import { type Clock, Failure } from '@fatbuildr/domain';
import {
  createCleartextMessage,
  createMessage,
  decryptKey,
  type Key,
  type PrivateKey,
  readPrivateKey,
  Subkey,
  sign,
} from 'openpgp';
import { readSecret } from './files.ts';
import { SIGNING } from './openpgp-config.ts';
import type { KeyAlgorithm, KeyInfo } from './types.ts';

/** A key of a keyring, decrypted. */
export interface OpenKey {
  info: KeyInfo;
  secret: PrivateKey;
  public: Key;
}

/** Opens a key of the keyring in `dir`: decrypts it once, so that signing is quick. */
export async function openKey(dir: string, fingerprint: string, now: number): Promise<OpenKey> {
  const { secret, passphrase } = await readSecret(dir, fingerprint);
  const privateKey = await decryptKey({ privateKey: await readPrivateKey({ armoredKey: secret }), passphrase });
  return { info: await describe(privateKey, now), secret: privateKey, public: privateKey.toPublic() };
}

/** What may be told of a key, expired ones as well. */
export async function describe(key: PrivateKey, now: number): Promise<KeyInfo> {
  const endOfMaster = asMs(await key.getExpirationTime());
  const whenValid = new Date(Math.min(now, (endOfMaster ?? Infinity) - 1000));
  const { user } = await key.getPrimaryUser(whenValid);
  const signing = await key.getSigningKey(undefined, whenValid);
  const endOfSubkey = signing instanceof Subkey ? asMs(await signing.getExpirationTime(new Date(now))) : undefined;
  const expires = Math.min(endOfMaster ?? Infinity, endOfSubkey ?? Infinity);
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    subkeyFingerprint: signing.getFingerprint().toUpperCase(),
    algorithm: algorithmOf(signing),
    userId: { name: user.userID?.name ?? '', email: user.userID?.email ?? '' },
    created: key.getCreationTime().getTime(),
    expires: expires === Infinity ? undefined : expires,
  };
}

/** The library says `Infinity` for never. */
function asMs(time: Date | number | null): number | undefined {
  return time instanceof Date ? time.getTime() : undefined;
}

function algorithmOf(key: Key | Subkey): KeyAlgorithm {
  const { bits } = key.getAlgorithmInfo();
  return bits === undefined ? 'ed25519' : `rsa${bits}`;
}

export function isExpired({ expires }: KeyInfo, now: number): boolean {
  return expires !== undefined && now >= expires;
}

/** What to sign with at this moment. @throws Failure when one is expired */
function signing(keys: readonly OpenKey[], now: number) {
  for (const { info } of keys) {
    if (!isExpired(info, now)) continue;
    const day = new Date(info.expires ?? 0).toISOString().slice(0, 10);
    throw new Failure('publish-failure', `the signing key ${info.fingerprint} expired on ${day}`, {
      hint: 'renew it: fatbuildrctl keyring renew',
    });
  }
  return { signingKeys: keys.map(({ secret }) => secret), date: new Date(now), config: SIGNING };
}

/** A cleartext-signed message with a signature of each key, in their order. */
export async function cleartext(keys: readonly OpenKey[], text: string, clock: Clock): Promise<string> {
  const message = await createCleartextMessage({ text: text.replace(/\n$/, '') });
  return withLf(await sign({ ...signing(keys, clock()), message }));
}

/** An armoured detached signature of each key, in their order. */
export async function detached(keys: readonly OpenKey[], data: Uint8Array, clock: Clock): Promise<string> {
  const message = await createMessage({ binary: data });
  return withLf(await sign({ ...signing(keys, clock()), message, detached: true, format: 'armored' }));
}

/** The same as bytes. */
export async function detachedBinary(keys: readonly OpenKey[], data: Uint8Array, clock: Clock): Promise<Uint8Array> {
  const message = await createMessage({ binary: data });
  return sign({ ...signing(keys, clock()), message, detached: true, format: 'binary' });
}

/** OpenPGP.js ends armour lines by CRLF, which stays in an InRelease as part of the file. */
export function withLf(armoured: string): string {
  return armoured.replaceAll('\r\n', '\n');
}
