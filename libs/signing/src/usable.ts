import { Failure } from '@fatbuildr/domain';
import { enums, type PrivateKey, type Subkey } from 'openpgp';

const LEAST_RSA_BITS = 2048;
const RSA: readonly string[] = ['rsaEncryptSign', 'rsaSign'];
const ED25519_CURVES: readonly string[] = ['ed25519', 'ed25519Legacy'];

/** What of a key packet decides. */
interface KeyPacket {
  version: number;
  getAlgorithmInfo(): { algorithm: string; bits?: number; curve?: string };
  isDummy(): boolean | null;
}

export function isSigningSubkey({ bindingSignatures, revocationSignatures }: Subkey): boolean {
  const signs = bindingSignatures.some(({ keyFlags }) => ((keyFlags?.[0] ?? 0) & enums.keyFlags.signData) !== 0);
  return signs && revocationSignatures.length === 0;
}

/**
 * Whether every apt and rpm in use accepts the signatures of a key: RSA of 2048 bits or more, or Ed25519 in its legacy
 * form, in version 4 (measured with rpm 4.18, whose own parser knows neither NIST curves nor version 6).
 *
 * @throws Failure `rejected`, which says what is wrong
 */
export function checkUsable(key: PrivateKey): void {
  if (key.revocationSignatures.length > 0) throw refusal('it is revoked');
  for (const one of [key, ...key.subkeys.filter(isSigningSubkey)]) {
    const packet = one.keyPacket as unknown as KeyPacket;
    const { algorithm, bits, curve } = packet.getAlgorithmInfo();
    if (packet.version !== 4) throw refusal(`it is of version ${packet.version}, which rpm does not read`);
    if (RSA.includes(algorithm)) {
      if ((bits ?? 0) < LEAST_RSA_BITS) throw refusal(`RSA of ${bits} bits is too weak: ${LEAST_RSA_BITS} at least`);
    } else if (algorithm !== 'eddsaLegacy' || !ED25519_CURVES.includes(curve ?? '')) {
      throw refusal(`rpm does not verify ${[algorithm, curve].filter(Boolean).join(' with ')}`);
    }
    if (packet.isDummy()) {
      throw new Failure('rejected', `the key cannot be imported: the secret of ${name(one)} is not in the file`, {
        hint: 'export the whole key where its master secret is: gpg --export-secret-keys --armor FINGERPRINT',
      });
    }
  }
}

function name(key: { getFingerprint(): string }): string {
  return key.getFingerprint().toUpperCase();
}

function refusal(reason: string): Failure {
  return new Failure('rejected', `the key cannot be imported: ${reason}`, {
    hint: 'have a new one made instead: fatbuildrctl keyring create',
  });
}
