import { z } from 'zod';
import { DebEnvironmentRecipe, EnvironmentRecipe, RpmBuilder, RpmEnvironmentRecipe } from './environment-recipe.ts';
import { GitDefinition } from './git.ts';
import {
  Architecture,
  ArtifactName,
  CommandLine,
  FileRef,
  Format,
  InstanceName,
  SourceName,
  SuiteName,
} from './names.ts';
import {
  PublishOrder,
  RegistryCheckOrder,
  RegistryDeleteOrder,
  RegistryGcOrder,
  RegistryImportOrder,
  RegistryPromoteOrder,
  RegistryRollbackOrder,
  RepositoryTarget,
} from './registry-order.ts';
import { RpmBuildArguments } from './rpm/build-arguments.ts';
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
  z.object({ kind: z.literal('dsc'), dsc: FileRef, files: z.array(FileRef).max(200) }),
  z.object({ kind: z.literal('srpm'), srpm: FileRef }),
]);
export type BuildSource = z.infer<typeof BuildSource>;

/** A definition in a git repository, which a job fetches before the build begins. */
export const GitSource = GitDefinition.extend({
  kind: z.literal('git'),
  sources: z.array(LocalSource).max(64).default([]),
});
export type GitSource = z.infer<typeof GitSource>;

/** What may be submitted: a build starts from one of the files, or from what is fetched. */
export const RequestedSource = z.discriminatedUnion('kind', [...BuildSource.options, GitSource]);
export type RequestedSource = z.infer<typeof RequestedSource>;

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

/** An rpm distribution as a worker needs to know it. */
export const RpmTarget = DebTarget.extend({
  /** Null: that of the host's environment. */
  builder: RpmBuilder.nullable(),
});
export type RpmTarget = z.infer<typeof RpmTarget>;

/** Deadlines and caps of a job. */
export const JobLimits = z.object({
  wallMs: z.int().positive(),
  silenceMs: z.int().positive(),
  logBytes: z.int().positive(),
  sourceBytes: z.int().positive(),
  /** Of one file that it hands in. */
  resultBytes: z.int().positive().optional(),
  memoryBytes: z.int().positive().nullable(),
  processes: z.int().positive().nullable(),
  /** What the workspace may hold. */
  diskBytes: z.int().positive().nullable().default(null),
});
export type JobLimits = z.infer<typeof JobLimits>;

/** How long a shell may be open, and how long without a byte either way. */
export const ShellTime = z.object({ wallMs: z.int().positive(), silenceMs: z.int().positive() });
export type ShellTime = z.infer<typeof ShellTime>;

/** The farm's own repository as a source of build dependencies. Paths are below the api's base URL. */
export const FarmRepository = z.object({
  path: z.string(),
  suite: SuiteName,
  origin: z.string(),
  components: z.array(SuiteName).min(1),
  publicKey: z.string(),
});
export type FarmRepository = z.infer<typeof FarmRepository>;

/** What a job does of a build that has several: the source package, or packages of that which another job handed in. */
export const BuildPart = z.enum(['source', 'binaries']);
export type BuildPart = z.infer<typeof BuildPart>;

/** What a build is told whatever its format. */
const BuildOrderBase = z.object({
  instance: InstanceName,
  /** What the submitter called it; a ready source package names itself. */
  artifact: SourceName.nullable(),
  architecture: Architecture,
  /** Absent: all of it. */
  part: BuildPart.optional(),
  /** All that the task builds for, that of the primary job first; absent: this one alone. */
  architectures: z.array(Architecture).optional(),
  /**
   * Whether this job also builds what is for all architectures, see {@link handsInCommon}, and hands in the source package
   * if nobody has.
   */
  primary: z.boolean(),
  derivative: SuiteName,
  source: BuildSource,
  submitter: Person,
  message: z.string(),
  /** When the task was submitted: the time of its changelog entry, unless a later one is published. */
  submitted: z.int(),
  /** Null where there is none yet. */
  farm: FarmRepository.nullable(),
  /** Whether sources may come from private addresses. */
  allowPrivateSources: z.boolean(),
  limits: JobLimits,
  /** False: dependencies are installed anew, whatever is kept of earlier builds. */
  warm: z.boolean().optional(),
  /** Whether it compiles through ccache, with what earlier builds of the same artifact left there; absent: no. */
  ccache: z.boolean().optional(),
  /** Opens a shell where the build failed, if somebody comes. */
  interactive: ShellTime.optional(),
});

export const BuildDebOrder = BuildOrderBase.extend({
  kind: z.literal('build-deb'),
  artifact: ArtifactName.nullable(),
  target: DebTarget,
  recipe: DebEnvironmentRecipe,
});
export type BuildDebOrder = z.infer<typeof BuildDebOrder>;

export const BuildRpmOrder = BuildOrderBase.extend({
  kind: z.literal('build-rpm'),
  target: RpmTarget,
  recipe: RpmEnvironmentRecipe,
  /** Of the definition that another job made the source package of. */
  buildargs: RpmBuildArguments.optional(),
});
export type BuildRpmOrder = z.infer<typeof BuildRpmOrder>;

/** An osi distribution as a worker needs to know it. */
export const OsiTarget = z.object({
  distribution: SuiteName,
  tag: z.string(),
  /** Base URLs of the archives that images may be made from, the first by default; none: the worker's own, for Debian. */
  mirrors: z.array(z.string()),
  /** Further suites of them, of any release; without: the updates of the release where its archive has them. */
  suites: z.array(z.string()).optional(),
  /** Where security updates are looked for first; false: none; without: in `mirrors`. */
  security: z.union([z.literal(false), z.object({ mirror: z.string() })]).optional(),
  /** Path on the worker of the keyring that they are checked with; without: that of the distribution. */
  keyring: z.string().optional(),
  /** The format of the farm's own packages that images may take; null: of none. */
  packages: z.enum(['deb', 'rpm']).nullable(),
});
export type OsiTarget = z.infer<typeof OsiTarget>;

/** The build of an OS image. `farm` is a repository of packages. */
export const BuildOsiOrder = BuildOrderBase.extend({
  kind: z.literal('build-osi'),
  artifact: ArtifactName.nullable(),
  target: OsiTarget,
});
export type BuildOsiOrder = z.infer<typeof BuildOsiOrder>;

/** The build of a package or image. */
export const BuildOrder = z.discriminatedUnion('kind', [BuildDebOrder, BuildRpmOrder, BuildOsiOrder]);
export type BuildOrder = z.infer<typeof BuildOrder>;

const FORMAT_OF_KIND = { 'build-deb': 'deb', 'build-rpm': 'rpm', 'build-osi': 'osi' } as const;

/** What a build makes. */
export function buildFormat<K extends BuildOrder['kind']>({ kind }: { kind: K }): (typeof FORMAT_OF_KIND)[K] {
  return FORMAT_OF_KIND[kind];
}

/** Whether a job hands in the source package: the primary one, unless another has. */
export function handsInSource({ part, primary }: Pick<BuildOrder, 'part' | 'primary'>): boolean {
  return primary && part !== 'binaries';
}

/**
 * Whether a job hands in the packages that are for all architectures. What a ready source package makes packages for is
 * known once it is opened: then the job for the first of those does, as the primary one may have nothing to build.
 */
export function handsInCommon(
  { part, primary, architecture }: Pick<BuildOrder, 'part' | 'primary' | 'architecture'>,
  architectures: readonly string[] = [],
): boolean {
  const [first] = architectures;
  return part === undefined && first !== undefined ? architecture === first : primary;
}

/** Whether other jobs of the same build make its packages for other architectures. */
export function isOneOfSeveral({ architectures = [] }: Pick<BuildOrder, 'architectures'>): boolean {
  return architectures.length > 1;
}

export function isBuildOrder(order: Order): order is BuildOrder {
  return Object.hasOwn(FORMAT_OF_KIND, order.kind);
}

/** Fetches the definition that a build is to start from. */
export const FetchOrder = z.object({
  kind: z.literal('fetch'),
  /** Of the tool image that has git. */
  format: Format,
  artifact: SourceName,
  definition: GitDefinition,
  allowPrivateSources: z.boolean(),
  limits: JobLimits,
});
export type FetchOrder = z.infer<typeof FetchOrder>;

/** What a tool image is made of. */
export const ImageRecipe = z.object({
  distribution: z.enum(['debian', 'fedora']),
  release: SuiteName,
  /** Null: the worker's own for Debian, Fedora's for Fedora. */
  mirror: z.string().nullable(),
  /** Installed beside the tools. */
  packages: z.array(z.string()),
});
export type ImageRecipe = z.infer<typeof ImageRecipe>;

export const ImageOrder = z.object({
  kind: z.literal('image'),
  operation: z.enum(['create', 'update', 'import']),
  format: Format,
  recipe: ImageRecipe,
  /** The Debian that mkosi runs in while it makes the image. */
  bootstrap: z.object({ release: SuiteName, mirror: z.string().nullable() }),
  /** What is imported: a root as a tar, or an OCI archive; null for other operations. */
  archive: FileRef.nullable(),
  /** Make a new generation even if there is one. */
  force: z.boolean(),
  limits: JobLimits,
});
export type ImageOrder = z.infer<typeof ImageOrder>;

/** A command in a throw-away copy of a tool image, or of a build environment where there is a recipe. */
export const ExecOrder = z.object({
  kind: z.literal('exec'),
  format: Format,
  environment: EnvironmentRecipe.nullable(),
  /** Program and arguments; no shell in between. */
  command: CommandLine,
  limits: JobLimits,
});
export type ExecOrder = z.infer<typeof ExecOrder>;

/** A shell in a throw-away copy of a tool image, or of a build environment where there is a recipe. */
export const ShellOrder = z.object({
  kind: z.literal('shell'),
  format: Format,
  environment: EnvironmentRecipe.nullable(),
  /** What the farm itself published for the distribution, if anything: builds take their dependencies from there too. */
  farm: FarmRepository.nullable().default(null),
  /** Null: a login shell. */
  command: CommandLine.nullable(),
  /** Its time: `wallMs` and `silenceMs`. */
  limits: JobLimits,
});
export type ShellOrder = z.infer<typeof ShellOrder>;

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
export const WorkerOrder = z.discriminatedUnion('kind', [
  BuildDebOrder,
  BuildRpmOrder,
  BuildOsiOrder,
  FetchOrder,
  ImageOrder,
  EnvironmentOrder,
  ExecOrder,
  ShellOrder,
]);
export type WorkerOrder = z.infer<typeof WorkerOrder>;

/** What the publisher does. */
export const PublisherOrder = z.discriminatedUnion('kind', [
  PublishOrder,
  RegistryDeleteOrder,
  RegistryPromoteOrder,
  RegistryRollbackOrder,
  RegistryGcOrder,
  RegistryCheckOrder,
  RegistryImportOrder,
  KeyringOrder,
]);
export type PublisherOrder = z.infer<typeof PublisherOrder>;

export const Order = z.union([WorkerOrder, PublisherOrder]);
export type Order = z.infer<typeof Order>;

/** Kinds of files that a deb build hands in. */
export const DEB_RESULT_FILE =
  /^[a-z0-9][a-z0-9+.-]*_[A-Za-z0-9.+~:-]+(?:_[a-z0-9-]+)?\.(?:deb|udeb|ddeb|dsc|changes|buildinfo|tar\.(?:gz|xz|bz2|zst|lzma)(?:\.asc)?|diff\.gz)$/;

/** The architecture in the name of a binary package of Debian; undefined for any other file. */
export function debArchitectureOf(name: string): string | undefined {
  return /^[a-z0-9][a-z0-9+.-]*_[^_]+_([a-z0-9-]+)\.(?:deb|udeb|ddeb)$/.exec(name)?.[1];
}

/** Kinds of files that the build of an image hands in: `NAME_VERSION` or `NAME_VERSION_ARCHITECTURE`, then what they are. */
export const OSI_RESULT_FILE = /^[a-z0-9][a-z0-9+.-]*_[A-Za-z0-9.+~-]+(?:_[a-z0-9-]+)?\.[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** An image's version: what it may look like, as it becomes part of file names. */
export const OSI_VERSION = /^[A-Za-z0-9][A-Za-z0-9.+~-]{0,127}$/;

/** The name of an image's files without what they are. That of the first architecture is as in Fatbuildr 2.1. */
export function osiStem(
  name: string,
  version: string,
  { primary, architecture }: { primary: boolean; architecture: string },
) {
  return [name, version, ...(primary ? [] : [architecture])].join('_');
}
