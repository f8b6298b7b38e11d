export type { KeyAlgorithm, Keyring, KeyringInfo, NewKeyring, UserId } from './types.ts';
