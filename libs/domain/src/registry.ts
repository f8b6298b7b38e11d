import { z } from 'zod';
import { Digest, Format } from './names.ts';

/** A published package. `architecture` is `source` for a source package. */
export const RegistryPackage = z.object({
  format: Format,
  distribution: z.string(),
  derivative: z.string(),
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  source: z.object({ name: z.string(), version: z.string() }),
  /** Path below the instance's directory of the registry tree: of the package, or of the .dsc. */
  path: z.string(),
  size: z.int().nonnegative(),
  sha256: Digest,
  /** First line of its description; empty for a source package. */
  summary: z.string(),
  /** Relations by field name, as in the control file: `Depends`, `Recommends`, … */
  relations: z.record(z.string(), z.string()),
  published: z.int(),
  task: z.string().nullable(),
});
export type RegistryPackage = z.infer<typeof RegistryPackage>;

/** A keyring as anybody may see it. Times are ms. */
export const KeyringInfo = z.object({
  userId: z.string(),
  fingerprint: z.string(),
  algorithm: z.string(),
  created: z.int(),
  expires: z.int().nullable(),
  subkeys: z.array(
    z.object({ fingerprint: z.string(), created: z.int(), expires: z.int().nullable(), usage: z.string() }),
  ),
  /** Armoured public key. */
  publicKey: z.string(),
});
export type KeyringInfo = z.infer<typeof KeyringInfo>;
