import { z } from 'zod';
import { Format, SuiteName } from './names.ts';
import { PageQuery } from './pages.ts';
import { IndexFile, RegistryPackage } from './registry.ts';
import { ArtifactSelector, ImportSource } from './registry-order.ts';
import { Task } from './task.ts';

/*
 * What people ask of the repositories, and see of them. Each change may be asked for as a dry run: its task says in
 * `preview` what would change.
 */

const Revision = z.coerce.number().int().positive();

const change = {
  format: Format.default('deb'),
  distribution: SuiteName,
  dryRun: z.boolean().default(false),
};

export const RegistryDeletion = ArtifactSelector.extend({ ...change, derivative: SuiteName.default('main') });
export type RegistryDeletion = z.input<typeof RegistryDeletion>;

/** From one distribution or derivative into another one of the instance; the bytes stay the same. */
export const RegistryPromotion = z
  .object({
    ...change,
    derivative: SuiteName.default('main'),
    from: z.object({
      distribution: SuiteName,
      derivative: SuiteName.default('main'),
      /** As it was then; by default as it is now. */
      revision: z.int().positive().optional(),
    }),
    /** Everything by default. */
    artifacts: z.array(ArtifactSelector).max(1_000).default([]),
  })
  .refine(
    ({ from, distribution, derivative }) => from.distribution !== distribution || from.derivative !== derivative,
    { error: 'another distribution or derivative than it comes from', path: ['distribution'] },
  );
export type RegistryPromotion = z.input<typeof RegistryPromotion>;

export const RegistryRollback = z.object({ ...change, revision: z.int().positive() });
export type RegistryRollback = z.input<typeof RegistryRollback>;

/** Garbage collection over all repositories of an instance; what is not said is as configured. */
export const RegistryCollection = z.object({
  graceHours: z.number().min(0).max(87_600).optional(),
  keepPublications: z.int().min(1).optional(),
  dryRun: z.boolean().default(false),
});
export type RegistryCollection = z.input<typeof RegistryCollection>;

/** Reading all repositories of an instance again; what is damaged is mended where that can be, unless it is a dry run. */
export const RegistryCheck = z.object({ dryRun: z.boolean().default(false) });
export type RegistryCheck = z.input<typeof RegistryCheck>;

export const RegistryImport = z.object({
  ...change,
  derivative: SuiteName.default('main'),
  source: ImportSource,
  /** Everything by default. */
  artifacts: z.array(ArtifactSelector).max(1_000).default([]),
  /** Leave out packages that are there with other content, in place of refusing all. */
  skipConflicts: z.boolean().default(false),
});
export type RegistryImport = z.input<typeof RegistryImport>;

export const RegistryQuery = PageQuery.extend({
  derivative: SuiteName.optional(),
  artifact: z.string().optional(),
  /** As it was then; by default as it is now. */
  revision: Revision.optional(),
});
export type RegistryQuery = z.input<typeof RegistryQuery>;
export const RegistryPage = z.object({ packages: z.array(RegistryPackage), next: z.string().nullable() });
export type RegistryPage = z.infer<typeof RegistryPage>;

/** One revision of a repository. */
export const PublicationView = z.object({
  revision: z.int(),
  /** The one before it; null: that is not kept. */
  previous: z.int().nullable(),
  created: z.int(),
  /** Whether it is what clients see. */
  current: z.boolean(),
  /** How many packages came and went with it. */
  added: z.int(),
  removed: z.int(),
  /** Ids of the tasks behind it. */
  tasks: z.array(z.string()),
});
export type PublicationView = z.infer<typeof PublicationView>;
/** Newest first. */
export const PublicationPage = z.object({ publications: z.array(PublicationView), next: z.string().nullable() });
export type PublicationPage = z.infer<typeof PublicationPage>;
export const PublicationDetail = PublicationView.extend({
  /** Those of `tasks` that are known, as they are now. */
  requests: z.array(Task),
  files: z.array(IndexFile),
});
export type PublicationDetail = z.infer<typeof PublicationDetail>;

/** From one side to the other: two revisions, two distributions or two derivatives. What is not said is as on the other side. */
export const DifferenceQuery = PageQuery.extend({
  format: Format.default('deb'),
  distribution: SuiteName,
  derivative: SuiteName.optional(),
  /** The current one by default. */
  revision: Revision.optional(),
  toDistribution: SuiteName.optional(),
  toDerivative: SuiteName.optional(),
  /** The current one by default. */
  toRevision: Revision.optional(),
});
export type DifferenceQuery = z.input<typeof DifferenceQuery>;

const Side = z.object({ distribution: z.string(), derivative: z.string().nullable(), revision: z.int() });

/** A package that is not the same on both sides: the versions that only one of them has. In both: it has other bytes. */
export const PackageDifference = z.object({
  derivative: z.string(),
  name: z.string(),
  architecture: z.string(),
  from: z.array(z.string()),
  to: z.array(z.string()),
});
export type PackageDifference = z.infer<typeof PackageDifference>;

/** By name; `files` are the indexes that differ, null where one side has none, and come with the first page. */
export const DifferencePage = z.object({
  from: Side,
  to: Side,
  packages: z.array(PackageDifference),
  files: z.array(z.object({ path: z.string(), from: IndexFile.nullable(), to: IndexFile.nullable() })),
  next: z.string().nullable(),
});
export type DifferencePage = z.infer<typeof DifferencePage>;
