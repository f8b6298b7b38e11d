export { createKeyring } from './create.ts';
export { openKeyring } from './keyring.ts';
export { renewKeyring } from './renew.ts';
export { type RpmSigner, signRpm } from './rpm/sign-rpm.ts';
export type { KeyAlgorithm, Keyring, KeyringInfo, NewKeyring, UserId } from './types.ts';
export { verifyCleartext, verifyDetached } from './verify.ts';
