import type { Clock } from '@fatbuildr/domain';
import { readPublic, readState } from './files.ts';
import { cleartext, detached, detachedBinary, isExpired, type OpenKey, openKey, withLf } from './key.ts';
import type { Keyring, Signer } from './types.ts';
import { verifyCleartext, verifyDetached } from './verify.ts';

/**
 * Opens the keyring in `dir`.
 *
 * @throws Failure `rejected` when there is none
 */
export async function openKeyring(dir: string, clock: Clock): Promise<Keyring> {
  const { current: fingerprint, rotation, retired, task } = await readState(dir);
  const current = await openKey(dir, fingerprint, clock());
  const other = rotation ? await openKey(dir, rotation.other, clock()) : undefined;
  const retiredKeys = await Promise.all(retired.map((one) => readPublic(dir, one)));
  const all = [current, ...(other ? [other] : [])];

  /** Whom apt hears of: all, but for a predecessor that is past its end, which must not hold up the others. */
  const signers = (): OpenKey[] => all.filter((one) => one === current || !isExpired(one.info, clock()));

  return {
    ...current.info,
    ...signerOver(signers, clock),
    rotation: rotation && other ? { ...rotation, other: other.info } : undefined,
    retired,
    task,
    rpm: {
      ...signerOver(() => [current], clock),
      algorithm: current.info.algorithm,
      signDetachedBinary: (data) => detachedBinary([current], data, clock),
    },
    // A block each: rpm reads one key of a block.
    armoredPublicKey: () => all.map((one) => withLf(one.public.armor())).join(''),
    binaryPublicKey: () => Buffer.concat(all.map((one) => one.public.write())),
    armoredRetiredKeys: () => retiredKeys.join(''),
  };
}

function signerOver(signers: () => OpenKey[], clock: Clock): Signer {
  const publicKeys = () => signers().map((one) => one.public);
  return {
    signCleartext: (text) => cleartext(signers(), text, clock),
    signDetached: (data) => detached(signers(), data, clock),
    verifyCleartext: (message) => verifyCleartext(publicKeys(), message, clock()),
    verifyDetached: (data, signature) => verifyDetached(publicKeys(), data, signature, clock()),
  };
}
