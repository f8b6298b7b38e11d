import { z } from 'zod';
import { ChangelogEntry } from './changelog.ts';
import { RpmBuilder } from './environment-recipe.ts';
import { CommitId, RepositoryDirectory } from './git.ts';
import { Id } from './ids.ts';
import { KeyringInfo } from './keyring.ts';
import { Architecture, FileName, FileRef, Format, InstanceName, PoolName, SuiteName, WorkerName } from './names.ts';
import { Order } from './order.ts';
import { RegistryPreview } from './registry.ts';
import { RpmBuildArguments } from './rpm/build-arguments.ts';
import { Cause, Outcome, PhaseName, ShellResult } from './task.ts';

/**
 * What workers and the publisher say to the api. Workers use `/api/v1/worker/…` over HTTP with their secret as a
 * bearer token; the publisher uses the same paths on the internal socket. Every call about an attempt carries the
 * job's fence in the header {@link FENCE_HEADER}; a call with an old one is answered `stale-fence`.
 */
export const WORKER_PREFIX = '/api/v1/worker';
export const FENCE_HEADER = 'fatbuildr-fence';
/** Digest of a log chunk or file, as sent, in the header of the call that carries it. */
export const DIGEST_HEADER = 'fatbuildr-sha256';

/** A tool image or build environment that a host holds, or the bootstrap that its images are made in. */
export const HeldTree = z.object({
  kind: z.enum(['bootstrap', 'image', 'environment']),
  /** `deb` for an image; `<instance>/deb/<name>-<architecture>` for an environment; the suite of a bootstrap. */
  name: z.string().max(256),
  instance: InstanceName.nullable(),
  /** Null for a bootstrap, which serves all. */
  format: Format.nullable(),
  environment: SuiteName.nullable(),
  architecture: Architecture,
  generation: z.string().max(64),
  created: z.int(),
  bytes: z.int().nonnegative().nullable(),
  /** What an rpm environment was made by, and builds with. */
  builder: RpmBuilder.optional(),
  /** Stands for what an environment was made from: an other one now means that it is to be made anew. */
  madeFrom: z.string().max(64).optional(),
});
export type HeldTree = z.infer<typeof HeldTree>;

/** What a host tells of itself: at registration, and by `POST /report` (→ 204) whenever it changes. */
export const HostReport = z.object({
  name: z.string().min(1).max(255),
  version: z.string().max(64),
  driver: z.string().max(32),
  architectures: z.array(Architecture).min(1),
  slots: z.int().positive().max(1024),
  trees: z.array(HeldTree),
  disk: z.object({ total: z.int(), free: z.int() }).nullable(),
  /** The instances it serves; absent: every one it is allowed to. */
  instances: z.array(InstanceName).optional(),
  /** Why it takes no new job, in words; absent when it does: its disk is nearly full. */
  full: z.string().max(256).optional(),
  /** What this host can not enforce, for people: missing cgroups and the like. */
  warnings: z.array(z.string().max(1024)).max(32),
});
export type HostReport = z.infer<typeof HostReport>;

/** `POST /register`, at start and after every interruption. */
export const RegisterRequest = HostReport.extend({
  /** Attempts that are alive here; what the api thinks alive and is not listed ends at once. */
  liveAttempts: z.array(Id),
});
export const RegisterResponse = z.object({
  worker: Id,
  /** The queues to pull from, in turn. */
  queues: z.array(z.string()),
  heartbeatMs: z.int().positive(),
  leaseMs: z.int().positive(),
  /** Listed attempts that are not this host's any more: kill and forget. */
  stale: z.array(Id),
  /** As a report is answered. */
  paused: z.string().nullable().optional(),
});
export type RegisterRequest = z.infer<typeof RegisterRequest>;
export type RegisterResponse = z.infer<typeof RegisterResponse>;

/** Answer to `POST /report`. */
export const ReportResponse = z.object({
  /** Why the host is given no new job, so that it draws no ticket in vain: drained, quarantined. Null: it is. */
  paused: z.string().nullable(),
});
export type ReportResponse = z.infer<typeof ReportResponse>;

/** The name in the certificate of the farm's own Redis, whatever its address. */
export const REDIS_SERVERNAME = 'redis.fatbuildr.internal';

/** `POST /enrol`, without credentials: the token of `workers add`, which works once, for what the host needs to start. */
export const EnrolRequest = z.object({ token: z.string().regex(/^[a-z2-7]{32}$/, 'a token of: workers add') });
export const EnrolResponse = z.object({
  worker: Id,
  name: WorkerName,
  pool: PoolName,
  /** What it proves itself with, to the api. */
  secret: z.string(),
  redis: z.object({
    /** Null: where the api is, as this host reaches it. */
    host: z.string().nullable(),
    port: z.int().min(1).max(65_535),
    db: z.int().min(0),
    tls: z.boolean(),
    /** PEM; null: an authority that every host knows. */
    ca: z.string().nullable(),
    /** The name in its certificate; null: that of the address. */
    servername: z.string().nullable(),
    username: z.string(),
    password: z.string(),
  }),
});
export type EnrolResponse = z.infer<typeof EnrolResponse>;

/** `POST /claims`: a ticket was drawn. Refused with `claim-refused`; the ticket is dropped either way. */
export const ClaimRequest = z.object({ job: Id });
export const ClaimResponse = z.object({
  attempt: Id,
  job: Id,
  task: Id,
  fence: z.int().positive(),
  leaseMs: z.int().positive(),
  order: Order,
});
export type ClaimResponse = z.infer<typeof ClaimResponse>;

/** `POST /attempts/:attempt/heartbeat` → 204 or `stale-fence`. `POST …/handback`: stopped on purpose, nothing was done → 204. */

/** `POST /attempts/:attempt/events`: a phase begins or ends at a log offset (bytes). Repeats are harmless. → 204 */
export const PhaseEvent = z.object({
  phase: PhaseName,
  event: z.enum(['begin', 'end']),
  logOffset: z.int().nonnegative(),
});
export type PhaseEvent = z.infer<typeof PhaseEvent>;

/** `POST /attempts/:attempt/trees`: which generations it runs on. → 204 */
export const UsedTrees = z.object({ image: z.string().max(64).nullable(), environment: z.string().max(64).nullable() });

/** `POST /attempts/:attempt/log?offset=N`, raw bytes with {@link DIGEST_HEADER} → 200 {length}; or `log-offset` {length}. */
export const LogAppended = z.object({ length: z.int().nonnegative() });
/** Bytes of log in one chunk, at most. */
export const LOG_CHUNK_LIMIT = 256 * 1024;

/** `POST /attempts/:attempt/version`: what `prepare` found; reserves the build number once per task. */
export const VersionRequest = z.object({
  name: z.string().max(128),
  /** Upstream version and release, without tag: `2.10`, `1`. */
  main: z.string().max(128),
  release: z.string().max(64),
});
export const VersionResponse = z.object({
  /** `2.10-1.deb12` or `2.10-1.deb12+build2`. */
  full: z.string(),
  /** What `release` became: `1.deb12+build2`. */
  fullRelease: z.string(),
  /** Newest first, the entry of this build included. */
  changelog: z.array(ChangelogEntry),
});
export type VersionRequest = z.infer<typeof VersionRequest>;
export type VersionResponse = z.infer<typeof VersionResponse>;

/** `PUT /attempts/:attempt/files/:name` raw bytes with {@link DIGEST_HEADER} → 200 FileRef. Idempotent. */
export const FileStored = FileRef;

/** What a build claims to have made. The api checks it against the order. */
export const BuildResult = z.object({
  source: z.object({
    name: z.string().max(128),
    version: z.string().max(256),
    /** Of the definition: what further jobs are to give to rpmbuild. */
    buildargs: RpmBuildArguments.optional(),
    /** Of several architectures that were ordered, in that order, those that an RPM makes packages for, if it was asked. */
    architectures: z.array(Architecture).max(16).optional(),
  }),
  /** None where the source package has nothing for the architecture. */
  files: z.array(FileRef).max(2_000),
});
export type BuildResult = z.infer<typeof BuildResult>;

/** What a job found in a git repository. */
export const FetchedDefinition = z.object({
  commit: CommitId,
  /** The directory of the definition; null: the top. */
  subdir: RepositoryDirectory.nullable(),
  archive: FileRef,
});
export type FetchedDefinition = z.infer<typeof FetchedDefinition>;

/** What came of an order of the publisher. What it published it has told before, see `sync.ts`. */
export const PublicationResult = z.object({
  /** The revisions that hold what was asked for. */
  publications: z.array(z.object({ format: Format, distribution: SuiteName, revision: z.int().positive() })),
  keyring: KeyringInfo.nullable(),
  /** Of a dry run. */
  preview: RegistryPreview.nullable().default(null),
});
export type PublicationResult = z.infer<typeof PublicationResult>;

/** `POST /attempts/:attempt/result` → 200; the outcome is a claim until the api has checked it. Repeats are harmless. */
export const ResultRequest = z.object({
  outcome: Outcome,
  cause: Cause.nullable(),
  build: BuildResult.nullable(),
  publication: PublicationResult.nullable(),
  /** Of the shell that the attempt was, or came to. */
  shell: ShellResult.optional(),
  /** Of a job that fetches a definition. */
  fetched: FetchedDefinition.optional(),
});
export type ResultRequest = z.infer<typeof ResultRequest>;

/** `POST /attempts/:attempt/close`: the log is complete, the host has cleaned up → 204. */

/** `POST /attempts/:attempt/commit` (publisher): may the head move? → 204, or `stale-fence` when it was cancelled. */

/** `GET /blobs/:sha256?attempt=…`: a blob that the attempt's order names. */

export const FileParams = z.object({ attempt: Id, name: FileName });
