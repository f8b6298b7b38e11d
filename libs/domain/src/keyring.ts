import { z } from 'zod';

/** What of a key that signs may be told. Times are ms; `expires` null: never. */
const KeySummary = z.object({ fingerprint: z.string(), algorithm: z.string(), expires: z.int().nullable() });

/** Two keys at once, while clients get to know the new one. */
export const KeyRotation = z.object({
  /** `announced`: the successor signs too. `switched`: the successor is the current key, its predecessor signs too. */
  phase: z.enum(['announced', 'switched']),
  /** The successor or the predecessor. */
  other: KeySummary,
  started: z.int(),
  /** When the publisher switches by itself, or when it was switched. */
  switchAt: z.int(),
  /** From when on the predecessor may be retired. */
  finishAt: z.int(),
});
export type KeyRotation = z.infer<typeof KeyRotation>;

/** A keyring as anybody may see it; what it says of itself is said of its current key. Times are ms. */
export const KeyringInfo = z.object({
  userId: z.string(),
  fingerprint: z.string(),
  algorithm: z.string(),
  created: z.int(),
  expires: z.int().nullable(),
  subkeys: z.array(
    z.object({ fingerprint: z.string(), created: z.int(), expires: z.int().nullable(), usage: z.string() }),
  ),
  rotation: KeyRotation.nullable().default(null),
  /** Fingerprints of keys that signed once, newest first. */
  retired: z.array(z.string()).default([]),
  /** Armoured public keys of all that sign, a block each. */
  publicKey: z.string(),
});
export type KeyringInfo = z.infer<typeof KeyringInfo>;

const validityDays = z.int().min(1).max(36_500).default(730);

export const KeyringRequest = z.object({ validityDays });
export type KeyringRequest = z.input<typeof KeyringRequest>;

/** The secret itself is with the publisher already, see {@link KeyringFiles}. */
export const KeyringImport = z.object({});
export type KeyringImport = z.input<typeof KeyringImport>;

/** A step of a rotation. */
export const KeyringRotation = z.object({
  /**
   * `start`: a successor signs beside the current key. `switch`: it becomes the current key. `finish`: its predecessor
   * is retired.
   */
  step: z.enum(['start', 'switch', 'finish']),
  /** Of the successor; for `start`. */
  validityDays,
  /** Until the publisher switches by itself, and again until the predecessor may be retired; for `start`. */
  overlapDays: z.int().min(0).max(3650).default(30),
});
export type KeyringRotation = z.input<typeof KeyringRotation>;

/** Where on the publisher's host lies what never travels through the api. */
export const KeyringFiles = z.object({
  /** Where a secret key is put to be imported, armoured, and its passphrase; 0600, the publisher's. */
  import: z.object({ secret: z.string(), passphrase: z.string() }),
  /** Revocation certificates, the current key's first. */
  revocations: z.array(z.object({ fingerprint: z.string(), path: z.string() })),
});
export type KeyringFiles = z.infer<typeof KeyringFiles>;
