import { z } from 'zod';
import { Id } from './ids.ts';
import {
  Architecture,
  artifactName,
  CommandLine,
  FileName,
  FileRef,
  Format,
  InstanceName,
  PoolName,
  SourceName,
  SuiteName,
  WorkerName,
} from './names.ts';
import { RequestedSource } from './order.ts';
import { PageQuery } from './pages.ts';
import { HeldTree } from './protocol.ts';
import { Outcome, Person, Task } from './task.ts';
import { ACTIONS } from './words.ts';

/** What a token may be allowed to do. */
export const Action = z.enum(ACTIONS);
export type Action = z.infer<typeof Action>;

/** A role of the policy: `packager`. */
export const RoleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a role name: lower-case letters, digits and "-", 32 characters at most');

const BuildRequestFields = z.object({
  format: Format.default('deb'),
  distribution: SuiteName,
  derivative: SuiteName.default('main'),
  /** Default: the first architecture of the instance. */
  architectures: z.array(Architecture).min(1).max(16).optional(),
  /** Required with a definition, in a repository too; a ready source package names itself. */
  artifact: SourceName.optional(),
  source: RequestedSource,
  submitter: Person,
  message: z.string().min(1).max(10_000),
  /** 0 to 100; higher goes first. */
  priority: z.int().min(0).max(100).default(50),
  /** Whether a build that fails waits for people who look at what it left, in a shell; see `streams.terminal`. */
  interactive: z.boolean().default(false),
  /** Whether build dependencies that an earlier build installed may be used, where they are still the same. */
  warm: z.boolean().default(true),
});

/** Other formats are stricter than RPM with the name of an artifact. */
export const BuildRequest = BuildRequestFields.superRefine(({ format, artifact }, context) => {
  const issues = artifactName(format).optional().safeParse(artifact).error?.issues ?? [];
  for (const { message } of issues) context.addIssue({ code: 'custom', path: ['artifact'], message });
});
export type BuildRequest = z.input<typeof BuildRequest>;

/** Which images, on which hosts; by default all. */
const imageFilter = {
  formats: z.array(Format).min(1).optional(),
  architectures: z.array(Architecture).min(1).optional(),
};

export const ImageRequest = z.discriminatedUnion('operation', [
  z.object({ operation: z.enum(['create', 'update']), ...imageFilter, force: z.boolean().default(false) }),
  z.object({
    operation: z.literal('import'),
    format: Format,
    architectures: imageFilter.architectures,
    /** A root as a tar, packed or not, or an OCI archive. */
    archive: FileRef,
  }),
]);
export type ImageRequest = z.input<typeof ImageRequest>;

export const EnvironmentRequest = z.object({
  operation: z.enum(['create', 'update']),
  ...imageFilter,
  distributions: z.array(SuiteName).min(1).optional(),
  force: z.boolean().default(false),
});
export type EnvironmentRequest = z.input<typeof EnvironmentRequest>;

/** A command in a throw-away copy of a tool image, or of the build environment of a distribution. */
export const ExecRequest = z.object({
  /** By default that of the distribution; of tool images deb. */
  format: Format.optional(),
  /** The tool image when absent. */
  distribution: SuiteName.optional(),
  architecture: Architecture.optional(),
  /** By default any that holds it. */
  host: WorkerName.optional(),
  command: CommandLine,
});
export type ExecRequest = z.input<typeof ExecRequest>;

/** A shell where {@link ExecRequest} runs a command. */
export const ShellRequest = ExecRequest.extend({
  /** Whose packages are within reach in a build environment, beside those of the derivatives that it extends. */
  derivative: SuiteName.default('main'),
  /** By default a login shell. */
  command: CommandLine.optional(),
});
export type ShellRequest = z.input<typeof ShellRequest>;

export const TaskQuery = PageQuery.extend({
  instance: InstanceName.optional(),
  /** `active`: not ended yet (the queue); `done`: the history. */
  state: z.enum(['active', 'done', 'all']).default('all'),
  artifact: z.string().optional(),
  distribution: z.string().optional(),
  outcome: Outcome.optional(),
});
export type TaskQuery = z.input<typeof TaskQuery>;
export const TaskPage = z.object({ tasks: z.array(Task), next: z.string().nullable() });
export type TaskPage = z.infer<typeof TaskPage>;

/** An upload: created with a length, filled by `PATCH` at its offset, named by the digest that the server computed. */
export const UploadRequest = z.object({ length: z.int().nonnegative(), name: FileName.optional() });
export const Upload = z.object({
  id: Id,
  length: z.int(),
  offset: z.int(),
  /** Null until it is complete. */
  sha256: z.string().nullable(),
});
export type Upload = z.infer<typeof Upload>;

export const WorkerView = z.object({
  id: Id,
  name: z.string(),
  pool: z.string(),
  state: z.enum(['online', 'offline', 'draining', 'quarantined']),
  /** Why it takes no new job, in words; null when it does. */
  reason: z.string().nullable().default(null),
  /** The instances it serves; null: all. */
  instances: z.array(InstanceName).nullable().default(null),
  version: z.string(),
  driver: z.string(),
  architectures: z.array(z.string()),
  slots: z.int(),
  busy: z.int(),
  seen: z.int(),
  disk: z.object({ total: z.int(), free: z.int() }).nullable(),
  trees: z.array(HeldTree),
  warnings: z.array(z.string()),
});
export type WorkerView = z.infer<typeof WorkerView>;

/** A build host to be, and the only answer that ever holds its token. */
export const WorkerRequest = z.object({
  name: WorkerName,
  pool: PoolName.default('default'),
  /** The instances it is to serve; by default all. */
  instances: z.array(InstanceName).min(1).optional(),
});
export type WorkerRequest = z.input<typeof WorkerRequest>;
export const WorkerInvitation = z.object({
  name: WorkerName,
  pool: PoolName,
  instances: z.array(InstanceName).nullable(),
  /** Good for one enrolment. */
  token: z.string(),
  expires: z.int(),
  /** Base URL of the api, as it calls itself. */
  api: z.string(),
});
export type WorkerInvitation = z.infer<typeof WorkerInvitation>;

/** An image or environment as wanted by the configuration or held by a host. */
export const TreeView = HeldTree.extend({ worker: z.string() });
export type TreeView = z.infer<typeof TreeView>;

/** Who asks without a token: over the local socket, without any right, or nobody but the clock. */
const RESERVED_NAMES = ['local', 'anonymous', 'schedule'];

export const TokenRequest = z.object({
  name: z
    .string()
    .min(1)
    .max(64)
    .refine((name) => !RESERVED_NAMES.includes(name), `a name other than ${RESERVED_NAMES.join(' and ')}`),
  /** `*` for all. */
  instance: z.union([InstanceName, z.literal('*')]).default('*'),
  /** By default view, build and cancel. */
  actions: z.array(Action).min(1).optional(),
  /** Instead of actions: whatever the policy allows that role. */
  role: RoleName.optional(),
  validityDays: z.int().min(1).max(3650).default(365),
});
export type TokenRequest = z.input<typeof TokenRequest>;
export const TokenView = z.object({
  id: Id,
  name: z.string(),
  instance: z.string(),
  actions: z.array(Action),
  /** A role of the policy, instead of actions. */
  role: z.string().nullable().default(null),
  created: z.int(),
  expires: z.int(),
  lastUsed: z.int().nullable(),
});
export type TokenView = z.infer<typeof TokenView>;
/** The only answer that ever holds the token itself. */
export const TokenCreated = TokenView.extend({ token: z.string() });
export type TokenCreated = z.infer<typeof TokenCreated>;

/** One entry of the audit log: who did what, from where, and what became of it. */
export const AuditEntry = z.object({
  id: z.int(),
  at: z.int(),
  /** `local`, `anonymous`, or the token's name. */
  who: z.string(),
  /** The address it came from; null for what nobody asked for over the network. */
  origin: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  /** `done`, or the kind of problem that was the answer: `not-authorised`. */
  outcome: z.string(),
  detail: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
export const AuditQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(64).optional(),
  /** Not before this time, ms. */
  since: z.coerce.number().int().min(0).optional(),
  who: z.string().max(64).optional(),
});
export type AuditQuery = z.input<typeof AuditQuery>;
export const AuditPage = z.object({ entries: z.array(AuditEntry), next: z.string().nullable() });
export type AuditPage = z.infer<typeof AuditPage>;

export const InstanceView = z.object({
  id: InstanceName,
  name: z.string(),
  userId: z.string(),
  architectures: z.array(z.string()),
  formats: z.record(
    z.string(),
    z.array(
      z.object({
        distribution: z.string(),
        environment: z.string(),
        tag: z.string(),
        derivatives: z.array(z.string()),
        /** Address of its repository, and of the ready client configuration. */
        repository: z.string(),
        clientConfiguration: z.string().nullable(),
      }),
    ),
  ),
  hasKeyring: z.boolean(),
  /** When its signing key ends, ms, for those who may renew it. */
  keyExpires: z.int().nullable().default(null),
});
export type InstanceView = z.infer<typeof InstanceView>;

export const VersionView = z.object({ name: z.literal('fatbuildr'), version: z.string(), api: z.literal('v1') });
export type VersionView = z.infer<typeof VersionView>;
export const HealthView = z.object({
  status: z.enum(['ok', 'degraded']),
  parts: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});
export type HealthView = z.infer<typeof HealthView>;

/** The last frame of a live log: text, JSON. All frames before are binary: 8 bytes of offset (big endian), then log. */
export const LogEnd = z.object({ attempt: Id, length: z.int(), outcome: z.string().nullable() });
export type LogEnd = z.infer<typeof LogEnd>;
