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

/** What tells the packages of a distribution apart. */
export const PackageKey = z.object({
  derivative: z.string(),
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
});
export type PackageKey = z.infer<typeof PackageKey>;

/** An index of a publication; the path is below the directory of the repository. */
export const IndexFile = z.object({ path: z.string(), size: z.int().nonnegative(), sha256: Digest });
export type IndexFile = z.infer<typeof IndexFile>;

/** How many entries of each kind a preview lists, at most; `counts` tells how many there are. */
export const PREVIEW_LIMIT = 1_000;

/** A package of which a relation would be satisfied by nothing, or, where that is not certain, perhaps by nothing. */
export const BrokenPackage = PackageKey.extend({ needs: z.string(), certain: z.boolean().default(true) });
export type BrokenPackage = z.infer<typeof BrokenPackage>;

/** What a dry run found that would change. */
export const RegistryPreview = z.object({
  added: z.array(PackageKey).max(PREVIEW_LIMIT),
  removed: z.array(PackageKey).max(PREVIEW_LIMIT),
  /** What could not be installed any more from this repository, and the relation that nothing would satisfy. */
  uninstallable: z.array(BrokenPackage).max(PREVIEW_LIMIT),
  counts: z.object({
    added: z.int().nonnegative(),
    removed: z.int().nonnegative(),
    uninstallable: z.int().nonnegative(),
    /** Those of which the repository alone cannot tell. */
    unsure: z.int().nonnegative().default(0),
  }),
  /** Of a collection: what would be gone; bytes are those on the disk. Null for all else. */
  collected: z
    .object({
      publications: z.int().nonnegative(),
      packages: z.int().nonnegative(),
      files: z.int().nonnegative(),
      bytes: z.int().nonnegative(),
    })
    .nullable(),
});
export type RegistryPreview = z.infer<typeof RegistryPreview>;
