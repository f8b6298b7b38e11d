/** Whom a keyring speaks for; shown to everybody who imports the public key. */
export interface UserId {
  name: string;
  email: string;
}

/** RSA 4096 verifies with every rpm and apt in use; Ed25519 (legacy form, v4 key) with apt and rpm ≥ 4.18. */
export type KeyAlgorithm = 'rsa4096' | 'ed25519';

export interface NewKeyring {
  /** Directory of the keyring; made with mode 0700, must not hold a keyring yet. */
  dir: string;
  userId: UserId;
  /** Milliseconds since the epoch. */
  now: number;
  validityDays: number;
  algorithm?: KeyAlgorithm;
}

/** What may be told about a keyring: nothing in here is secret. */
export interface KeyringInfo {
  /** Of the master key, 40 upper case hexadecimal digits. */
  fingerprint: string;
  /** Of the subkey that signs. */
  subkeyFingerprint: string;
  algorithm: KeyAlgorithm;
  userId: UserId;
  /** Milliseconds since the epoch. */
  created: number;
  /** Milliseconds since the epoch; both keys end together. */
  expires: number;
}

/** An open keyring: signs with its subkey and verifies with its public key. Calls may run concurrently. */
export interface Keyring extends KeyringInfo {
  /** The public key, ASCII-armoured (`keyring.asc`). Never the secret one. */
  armoredPublicKey(): string;
  /** The public key as bytes, for `/usr/share/keyrings/*.gpg`. */
  binaryPublicKey(): Uint8Array;
  /** A cleartext-signed message (`InRelease`), lines ended by LF. @throws Failure when the key is expired */
  signCleartext(text: string): Promise<string>;
  /** An armoured detached signature (`Release.gpg`). @throws Failure when the key is expired */
  signDetached(data: Uint8Array): Promise<string>;
  /** A binary detached signature (RPM headers). @throws Failure when the key is expired */
  signDetachedBinary(data: Uint8Array): Promise<Uint8Array>;
  /** The text of a cleartext-signed message. @throws Failure when the signature is not good */
  verifyCleartext(message: string): Promise<string>;
  /** @throws Failure when the `signature`, armoured or as bytes, is not a good one over `data` */
  verifyDetached(data: Uint8Array, signature: string | Uint8Array): Promise<void>;
}
