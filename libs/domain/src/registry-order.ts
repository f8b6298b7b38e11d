import { z } from 'zod';
import { Architecture, FileRef, Format, InstanceName, SourceName, SuiteName } from './names.ts';

/** A repository that must exist, empty at least, as soon as there is a keyring. */
export const RepositoryTarget = z.object({
  format: Format,
  distribution: SuiteName,
  derivatives: z.array(SuiteName).min(1),
  architectures: z.array(Architecture).min(1),
});
export type RepositoryTarget = z.infer<typeof RepositoryTarget>;

/** A source package and what was built from it: in one version or all, for one architecture or all. */
export const ArtifactSelector = z.object({
  artifact: SourceName,
  /** Of the source package. */
  version: z.string().min(1).max(256).optional(),
  /** As the format writes it; `source` and `src` mean the source package itself. */
  architecture: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'an architecture such as amd64 or x86_64')
    .optional(),
});
export type ArtifactSelector = z.infer<typeof ArtifactSelector>;

const changing = {
  instance: InstanceName,
  repository: RepositoryTarget,
  /** Tell what would change, and change nothing. */
  dryRun: z.boolean().default(false),
};

export const PublishOrder = z.object({
  kind: z.literal('publish'),
  instance: InstanceName,
  repository: RepositoryTarget,
  derivative: SuiteName,
  /** What was built, checked against the build's order: packages, source, changes and buildinfo files. */
  files: z.array(FileRef).min(1),
});
export type PublishOrder = z.infer<typeof PublishOrder>;

export const RegistryDeleteOrder = z.object({
  kind: z.literal('registry-delete'),
  ...changing,
  derivative: SuiteName,
  selector: ArtifactSelector,
});
export type RegistryDeleteOrder = z.infer<typeof RegistryDeleteOrder>;

/** What one repository or derivative has goes into another one of the instance, byte for byte. */
export const RegistryPromoteOrder = z.object({
  kind: z.literal('registry-promote'),
  ...changing,
  derivative: SuiteName,
  from: z.object({
    distribution: SuiteName,
    derivative: SuiteName,
    /** Null: the current one. */
    revision: z.int().positive().nullable(),
  }),
  /** Empty: everything. */
  selectors: z.array(ArtifactSelector).max(1_000),
});
export type RegistryPromoteOrder = z.infer<typeof RegistryPromoteOrder>;

export const RegistryRollbackOrder = z.object({
  kind: z.literal('registry-rollback'),
  ...changing,
  revision: z.int().positive(),
});
export type RegistryRollbackOrder = z.infer<typeof RegistryRollbackOrder>;

export const RegistryGcOrder = z.object({
  kind: z.literal('registry-gc'),
  instance: InstanceName,
  /** What was replaced less than this long (ms) ago stays. */
  graceMs: z.int().nonnegative(),
  /** So many of the newest publications of each repository stay, however old. */
  keepPublications: z.int().positive(),
  dryRun: z.boolean().default(false),
});
export type RegistryGcOrder = z.infer<typeof RegistryGcOrder>;

/** Reading everything that is published again. */
export const RegistryCheckOrder = z.object({
  kind: z.literal('registry-check'),
  instance: InstanceName,
  /** Tell what is damaged, and mend nothing. */
  dryRun: z.boolean().default(false),
});
export type RegistryCheckOrder = z.infer<typeof RegistryCheckOrder>;

/** Where an import takes packages from. */
export const ImportSource = z.object({
  /** `http://` or `https://`, or the absolute path of a directory on the publisher's machine. */
  location: z
    .string()
    .max(2_048)
    // it is kept with the task and told to many: no password is to be in it
    .regex(
      /^(?:https?:\/\/[^\s@?#]+|\/[^\0]*)$/,
      'an http or https URL without a name, password, query or fragment, or an absolute path',
    ),
  /** The suite of an APT repository; by default what the distribution is called here. */
  suite: z.string().max(128).optional(),
  /** The component of an APT repository; by default what the derivative is called here. */
  component: z.string().max(128).optional(),
  /** Armoured public keys, of which one signed it; without one a directory is believed as it is. */
  publicKey: z.string().max(262_144).optional(),
  /** Believe a web server's repository as it is. */
  unsigned: z.boolean().default(false),
  /** Believe a signed Release whose `Valid-Until` is over or whose `Date` is yet to come. */
  expired: z.boolean().default(false),
});
export type ImportSource = z.infer<typeof ImportSource>;

/** Takes over the packages of a repository that something else made. */
export const RegistryImportOrder = z.object({
  kind: z.literal('registry-import'),
  ...changing,
  derivative: SuiteName,
  source: ImportSource,
  /** Empty: everything. */
  selectors: z.array(ArtifactSelector).max(1_000),
  /** Leave out packages that are there with other content, in place of refusing all. */
  skipConflicts: z.boolean().default(false),
});
export type RegistryImportOrder = z.infer<typeof RegistryImportOrder>;
