import { enums, type PartialConfig } from 'openpgp';

/**
 * How every signature of ours is made. The notation that OpenPGP.js salts signatures with would show up in each of
 * them; RSA and EdDSA signatures are deterministic without and need no salt.
 */
export const SIGNING: PartialConfig = {
  nonDeterministicSignaturesViaNotation: false,
  preferredHashAlgorithm: enums.hash.sha512,
};
