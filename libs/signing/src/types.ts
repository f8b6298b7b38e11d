/** Whom a keyring speaks for; shown to everybody who imports the public key. */
export interface UserId {
  name: string;
  email: string;
}

/**
 * What a key is made as. RSA 4096 verifies with every rpm and apt in use; Ed25519 (legacy form, v4 key) with apt and
 * rpm ≥ 4.18.
 */
export type NewKeyAlgorithm = 'rsa4096' | 'ed25519';
/** What a key may be: an imported one may be RSA of another length. */
export type KeyAlgorithm = `rsa${number}` | 'ed25519';

/** A keyring that is to be. */
export interface NewKeyring {
  /** Directory of the keyring; made with mode 0700, must not hold a keyring yet. */
  dir: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Who makes it, see {@link Keyring.task}. */
  task?: string;
}

/** What may be told about a key: nothing in here is secret. */
export interface KeyInfo {
  /** Of the master key, 40 upper case hexadecimal digits. */
  fingerprint: string;
  /** Of the subkey that signs; of the master key where that signs itself, as imported ones may. */
  subkeyFingerprint: string;
  algorithm: KeyAlgorithm;
  userId: UserId;
  /** Milliseconds since the epoch. */
  created: number;
  /** Milliseconds since the epoch, of whichever key ends first; undefined: never. */
  expires: number | undefined;
}

/** Two keys at once, while clients get to know the new one. */
export interface Rotation {
  /** `announced`: the successor signs too. `switched`: the successor is the current key, its predecessor signs too. */
  phase: 'announced' | 'switched';
  /** The successor or the predecessor. */
  other: KeyInfo;
  /** Milliseconds since the epoch. */
  started: number;
  /** When to switch, or when it was switched. */
  switchAt: number;
  /** From when on the predecessor may be retired. */
  finishAt: number;
}

/** Signs with one or several keys, and verifies with their public keys. */
export interface Signer {
  /** A cleartext-signed message (`InRelease`), lines ended by LF. @throws Failure when a key is expired */
  signCleartext(text: string): Promise<string>;
  /** An armoured detached signature (`Release.gpg`, `repomd.xml.asc`). @throws Failure when a key is expired */
  signDetached(data: Uint8Array): Promise<string>;
  /** The text of a cleartext-signed message. @throws Failure unless it has a good signature of every key, and no other */
  verifyCleartext(message: string): Promise<string>;
  /** @throws Failure unless `signature`, armoured or as bytes, holds a good one of every key, and no other */
  verifyDetached(data: Uint8Array, signature: string | Uint8Array): Promise<void>;
}

/** What signs RPM packages and their lists: the current key alone, since rpm reads one signature. */
export interface RpmSigner extends Signer {
  readonly algorithm: KeyAlgorithm;
  /** A binary detached signature (RPM headers). @throws Failure when the key is expired */
  signDetachedBinary(data: Uint8Array): Promise<Uint8Array>;
}

/**
 * An open keyring. What it says of itself is said of its current key. It signs for apt: with every key that clients may
 * know, since apt accepts any of several signatures. Calls may run concurrently.
 */
export interface Keyring extends KeyInfo, Signer {
  readonly rotation: Rotation | undefined;
  /** Fingerprints of keys that signed once, newest first. */
  readonly retired: readonly string[];
  /** Who made the last change. */
  readonly task: string;
  readonly rpm: RpmSigner;
  /** The public keys of all that sign, ASCII-armoured (`keyring.asc`), a block each. Never a secret one. */
  armoredPublicKey(): string;
  /** The same as bytes, for `/usr/share/keyrings/*.gpg`. */
  binaryPublicKey(): Uint8Array;
  /** The public keys of retired keys, armoured; packages that they signed are verified with them. Empty without one. */
  armoredRetiredKeys(): string;
}
