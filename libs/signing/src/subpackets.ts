import { config, type PrivateKey, type SignaturePacket } from 'openpgp';
import { SIGNING } from './openpgp-config.ts';

const CRITICAL = 0x80;

/** Subpackets that OpenPGP.js marks critical and gpg does not; rpm refuses a key for any critical one it cannot judge: the key's end, and a signature within (RFC 9580, 5.2.3.7). */
const NOT_CRITICAL: readonly number[] = [9, 32];

/** What of a signature packet is not in the library's types. */
interface Resignable {
  created: Date;
  writeHashedSubPackets(): Uint8Array;
  sign(key: unknown, data: unknown, date: Date, detached: boolean, config: unknown): Promise<void>;
}

/**
 * Makes the signatures of a key over itself again, without marking the key's end and the subkey's own signature as
 * critical: rpm (4.18 and others of its own parser) imports no key that has them so.
 *
 * @param key decrypted, fresh from the library
 */
export async function signForRpm(key: PrivateKey): Promise<void> {
  const master = key.keyPacket;
  for (const user of key.users) {
    for (const certification of user.selfCertifications) {
      await signAgain(certification, master, { userID: user.userID, key: master });
    }
  }
  for (const subkey of key.subkeys) {
    for (const binding of subkey.bindingSignatures) {
      await signAgain(binding, master, { key: master, bind: subkey.keyPacket });
    }
  }
}

async function signAgain(signature: SignaturePacket, master: PrivateKey['keyPacket'], data: unknown): Promise<void> {
  const packet = signature as unknown as Resignable;
  const write = packet.writeHashedSubPackets.bind(packet);
  packet.writeHashedSubPackets = () => withoutCritical(write());
  await packet.sign(master, data, packet.created, false, { ...config, ...SIGNING });
}

/** Clears the bit in an area of subpackets: its length in two bytes, then each with length and type (RFC 9580, 5.2.3.7). */
function withoutCritical(area: Uint8Array): Uint8Array {
  const result = area.slice();
  for (let at = 2; at < result.length; ) {
    const [first = 0, second = 0] = result.subarray(at);
    const [bytes, length] = first < 192 ? [1, first] : [2, ((first - 192) << 8) + second + 192];
    const type = result[at + bytes] as number;
    if (NOT_CRITICAL.includes(type & ~CRITICAL)) result[at + bytes] = type & ~CRITICAL;
    at += bytes + length;
  }
  return result;
}
