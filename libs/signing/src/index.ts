export { createKeyring, type NewKey } from './create.ts';
export { sweepKeyring } from './files.ts';
export { importKeyring } from './import.ts';
export { openKeyring } from './keyring.ts';
export { renewKeyring } from './renew.ts';
export { finishRotation, startRotation, switchKeys } from './rotate.ts';
export { signRpm } from './rpm/sign-rpm.ts';
export type {
  KeyAlgorithm,
  KeyInfo,
  Keyring,
  NewKeyAlgorithm,
  NewKeyring,
  Rotation,
  RpmSigner,
  Signer,
  UserId,
} from './types.ts';
export { type ForeignVerifier, foreignVerifier, verifyCleartext, verifyDetached } from './verify.ts';
