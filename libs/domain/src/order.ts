import { z } from 'zod';
import { Architecture, ArtifactName, FileRef, Format, InstanceName, SuiteName } from './names.ts';
import {
  PublishOrder,
  RegistryDeleteOrder,
  RegistryGcOrder,
  RegistryImportOrder,
  RegistryPromoteOrder,
  RegistryRollbackOrder,
  RepositoryTarget,
} from './registry-order.ts';
import { Person } from './task.ts';

/** A source given by the submitter instead of fetched from its URL. */
export const LocalSource = z.object({
  id: z.string().max(128),
  version: z.string().max(128).optional(),
  file: FileRef,
});

/** What a build starts from: an artifact definition as a tar archive, or a ready source package. */
export const BuildSource = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('definition'),
    archive: FileRef,
    sources: z.array(LocalSource).max(64).default([]),
  }),
  z.object({ kind: z.literal('dsc'), dsc: FileRef, files: z.array(FileRef).max(64) }),
]);
export type BuildSource = z.infer<typeof BuildSource>;

/** A deb distribution as a worker needs to know it. */
export const DebTarget = z.object({
  distribution: SuiteName,
  /** The release tag: ends versions (`deb12`). */
  tag: z.string(),
  /** Name of the build environment. */
  environment: SuiteName,
  builder: z.enum(['pbuilder', 'cowbuilder']),
});
export type DebTarget = z.infer<typeof DebTarget>;

/** A deb build environment: what it is called and what it is made of. */
export const EnvironmentRecipe = z.object({
  instance: InstanceName,
  format: Format,
  name: SuiteName,
  architecture: Architecture,
  /** The suite that is bootstrapped. */
  suite: SuiteName,
  /** Base URL of the archive; null: the worker's own. */
  mirror: z.string().nullable(),
  components: z.array(z.string()).min(1),
  /** Further suites of the mirror, `bookworm-updates`. */
  suites: z.array(SuiteName),
  /** The security suite; a null mirror is the worker's own. */
  security: z.object({ suite: z.string(), mirror: z.string().nullable() }).nullable(),
  /** Path on the worker of the archive's keyring; null: the worker's own choice. */
  keyring: z.string().nullable(),
});
export type EnvironmentRecipe = z.infer<typeof EnvironmentRecipe>;

/** Deadlines and caps of a job. */
export const JobLimits = z.object({
  wallMs: z.int().positive(),
  silenceMs: z.int().positive(),
  logBytes: z.int().positive(),
  sourceBytes: z.int().positive(),
  memoryBytes: z.int().positive().nullable(),
  processes: z.int().positive().nullable(),
  /** What the workspace may hold. */
  diskBytes: z.int().positive().nullable().default(null),
});
export type JobLimits = z.infer<typeof JobLimits>;

/** The farm's own repository as a source of build dependencies. Paths are below the api's base URL. */
export const FarmRepository = z.object({
  path: z.string(),
  suite: SuiteName,
  origin: z.string(),
  components: z.array(SuiteName).min(1),
  publicKey: z.string(),
});
export type FarmRepository = z.infer<typeof FarmRepository>;

export const BuildDebOrder = z.object({
  kind: z.literal('build-deb'),
  instance: InstanceName,
  /** What the submitter called it; a ready .dsc names itself. */
  artifact: ArtifactName.nullable(),
  architecture: Architecture,
  /** Whether this job also builds `Architecture: all` packages and hands in the source package. */
  primary: z.boolean(),
  target: DebTarget,
  recipe: EnvironmentRecipe,
  derivative: SuiteName,
  source: BuildSource,
  submitter: Person,
  message: z.string(),
  /** When the task was submitted: the time of its changelog entry. */
  submitted: z.int(),
  /** Null until the instance has a keyring. */
  farm: FarmRepository.nullable(),
  /** Whether sources may come from private addresses. */
  allowPrivateSources: z.boolean(),
  limits: JobLimits,
});
export type BuildDebOrder = z.infer<typeof BuildDebOrder>;

export const ImageOrder = z.object({
  kind: z.literal('image'),
  operation: z.enum(['create', 'update']),
  format: Format,
  /** The distribution whose packages are the tools. */
  suite: SuiteName,
  mirror: z.string().nullable(),
  extraPackages: z.array(z.string()),
  /** Make a new generation even if there is one. */
  force: z.boolean(),
  limits: JobLimits,
});
export type ImageOrder = z.infer<typeof ImageOrder>;

export const EnvironmentOrder = z.object({
  kind: z.literal('environment'),
  operation: z.enum(['create', 'update']),
  recipe: EnvironmentRecipe,
  force: z.boolean(),
  limits: JobLimits,
});
export type EnvironmentOrder = z.infer<typeof EnvironmentOrder>;

export const KeyringOrder = z.object({
  kind: z.literal('keyring'),
  /** `rotate`, `switch` and `finish` are the steps of a rotation. */
  operation: z.enum(['create', 'import', 'renew', 'rotate', 'switch', 'finish']),
  instance: InstanceName,
  /** For `create` and `rotate`. */
  userId: Person,
  /** Of the key that is made, or from now on for `renew`; else 0. */
  validityDays: z.int().nonnegative(),
  /** For `rotate`, else 0: until the switch, and again until the predecessor may be retired. */
  overlapDays: z.int().nonnegative(),
  /** All repositories of the instance: published empty with the first key, signed again otherwise. */
  repositories: z.array(RepositoryTarget),
});
export type KeyringOrder = z.infer<typeof KeyringOrder>;

/** What a worker does. */
export const WorkerOrder = z.discriminatedUnion('kind', [BuildDebOrder, ImageOrder, EnvironmentOrder]);
export type WorkerOrder = z.infer<typeof WorkerOrder>;

/** What the publisher does. */
export const PublisherOrder = z.discriminatedUnion('kind', [
  PublishOrder,
  RegistryDeleteOrder,
  RegistryPromoteOrder,
  RegistryRollbackOrder,
  RegistryGcOrder,
  RegistryImportOrder,
  KeyringOrder,
]);
export type PublisherOrder = z.infer<typeof PublisherOrder>;

export const Order = z.union([WorkerOrder, PublisherOrder]);
export type Order = z.infer<typeof Order>;

/** Kinds of files that a deb build hands in. */
export const DEB_RESULT_FILE =
  /^[a-z0-9][a-z0-9+.-]*_[A-Za-z0-9.+~:-]+(?:_[a-z0-9-]+)?\.(?:deb|udeb|ddeb|dsc|changes|buildinfo|tar\.(?:gz|xz|bz2|zst|lzma)(?:\.asc)?|diff\.gz)$/;
