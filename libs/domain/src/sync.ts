import { z } from 'zod';
import { KeyringInfo } from './keyring.ts';
import { Format, InstanceName, SuiteName } from './names.ts';
import { IndexFile, PackageKey, RegistryPackage } from './registry.ts';

/*
 * How the api learns what is published. The publisher's database is the truth; the api keeps which package was in which
 * revisions. It is told of every publication in its order, each in parts of bounded size, and answers what it knows.
 */

/** Packages in one part, at most, added and removed together. */
export const PART_LIMIT = 500;

/**
 * `POST /sync` (publisher), at its start and after every interruption: what there is of an instance. What is not named
 * any more is forgotten, and so is what belongs to another `lineage`: a registry that was restored or made anew.
 */
export const SyncRequest = z.object({
  instance: InstanceName,
  /** Of the registry's database. */
  lineage: z.string().max(64),
  keyring: KeyringInfo.nullable(),
  repositories: z.array(
    z.object({
      format: Format,
      distribution: SuiteName,
      /** The oldest publication that is kept, and the current one. */
      oldest: z.int().positive(),
      revision: z.int().positive(),
    }),
  ),
});
export type SyncRequest = z.infer<typeof SyncRequest>;

/** The revision up to which each repository is known; 0: tell it from the oldest on. */
export const SyncResponse = z.object({
  repositories: z.array(z.object({ format: Format, distribution: SuiteName, known: z.int().nonnegative() })),
});
export type SyncResponse = z.infer<typeof SyncResponse>;

/**
 * `POST /sync/publications` (publisher): a part of one publication, which counts from its last part on. What was told
 * of it before is forgotten with its first. A part that does not follow on what is known changes nothing.
 */
export const PublicationPart = z.object({
  instance: InstanceName,
  format: Format,
  distribution: SuiteName,
  lineage: z.string().max(64),
  /** As in {@link SyncRequest}: what is older is forgotten. */
  oldest: z.int().positive(),
  revision: z.int().positive(),
  /** The revision that this one changes; null: it is the first that is told, and `added` is all it holds. */
  previous: z.int().positive().nullable(),
  created: z.int(),
  /** Whether it is the first of the publication. */
  first: z.boolean(),
  /** The tasks behind it. */
  tasks: z.array(z.string().max(64)).max(10_000),
  added: z.array(RegistryPackage).max(PART_LIMIT),
  removed: z.array(PackageKey).max(PART_LIMIT),
  /** With the last part: every index of the publication. Null: more parts follow. */
  files: z.array(IndexFile).max(100_000).nullable(),
});
export type PublicationPart = z.infer<typeof PublicationPart>;

/** What is known now. */
export const PartTaken = z.object({ known: z.int().nonnegative() });
