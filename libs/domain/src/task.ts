import { z } from 'zod';
import { GitOrigin } from './git.ts';
import { Id } from './ids.ts';
import { FileName, Format } from './names.ts';
import { RegistryPreview } from './registry.ts';
import { OUTCOMES } from './words.ts';

/** Where a task or a job stands. `blocked` is reserved for task dependencies; `publishing` is a task's only. */
export const TaskState = z.enum(['blocked', 'queued', 'running', 'publishing', 'done']);
export type TaskState = z.infer<typeof TaskState>;

/** Where a job stands: waiting for a host, held by one (leased), or over. */
export const JobState = z.enum(['queued', 'running', 'done']);
export type JobState = z.infer<typeof JobState>;

/** How a task, job or attempt ended. */
export const Outcome = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof Outcome>;

/** What a task asks for. */
export const TaskKind = z.enum([
  'build',
  'image-create',
  'image-update',
  'image-import',
  'image-exec',
  'env-create',
  'env-update',
  'env-exec',
  'shell',
  'keyring-create',
  'keyring-import',
  'keyring-renew',
  'keyring-rotate',
  'registry-delete',
  'registry-promote',
  'registry-rollback',
  'registry-gc',
  'registry-check',
  'registry-import',
]);
export type TaskKind = z.infer<typeof TaskKind>;

/** The phases of a build, in their order. `check` runs after the result is in. */
export const PhaseName = z.enum([
  'sources',
  'environment',
  'prescript',
  'source-package',
  'dependencies',
  'build',
  'collect',
  'check',
  // of image and environment operations
  'bootstrap',
  'create',
  'update',
  'import',
  'exec',
  // of shells, and of interactive builds that failed
  'shell',
  // of the publisher
  'ingest',
  'index',
  'sign',
  'verify',
  'publish',
  'import',
  'collect-garbage',
]);
export type PhaseName = z.infer<typeof PhaseName>;

/** A phase of an attempt. Times are the server's, ms; offsets are bytes into the attempt's log. */
export const Phase = z.object({
  name: PhaseName,
  began: z.int(),
  ended: z.int().nullable(),
  logOffset: z.int().nonnegative(),
});
export type Phase = z.infer<typeof Phase>;

/** Why something did not end well, for people: what happened, where, and what to do next. */
export const Cause = z.object({
  message: z.string().max(16_384),
  hint: z.string().max(4_096).optional(),
  where: z.string().max(1_024).optional(),
});
export type Cause = z.infer<typeof Cause>;

/** How the shell of an attempt ended. */
export const ShellResult = z.object({
  /** Its exit status; null when it did not come to an end of its own. */
  status: z.int().nullable(),
  /** The byte of the log at which what it printed ends. */
  printed: z.int().nonnegative(),
});
export type ShellResult = z.infer<typeof ShellResult>;

/** One try of a job on one host. */
export const Attempt = z.object({
  id: Id,
  job: Id,
  number: z.int().positive(),
  host: z.string(),
  began: z.int(),
  ended: z.int().nullable(),
  outcome: Outcome.nullable(),
  cause: Cause.nullable(),
  phases: z.array(Phase),
  logLength: z.int().nonnegative(),
  /** Whether the log is complete: nothing will be appended any more. */
  logClosed: z.boolean(),
  /** Generations the attempt ran on, as the worker reported them. */
  image: z.string().nullable(),
  environment: z.string().nullable(),
  /** Null where there was none, or it has not ended. */
  shell: ShellResult.nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** A part of a task that runs on one host, such as `build:amd64`, `fetch`, `source`, `binary:arm64` or `publish`. */
export const Job = z.object({
  id: Id,
  task: Id,
  name: z.string(),
  state: JobState,
  outcome: Outcome.nullable(),
  cause: Cause.nullable(),
  /** Why it waits, in words; null when it does not. */
  waiting: z.string().nullable().default(null),
  /** The queue its tickets go to: `<pool>.<format>.<arch>`, `worker.<id>` or `publisher`. */
  capability: z.string(),
  created: z.int(),
  ended: z.int().nullable(),
  attempts: z.array(Attempt),
});
export type Job = z.infer<typeof Job>;

/** What a build yielded: a package or one of the files that describe it. */
export const Artifact = z.object({
  name: FileName,
  size: z.int().nonnegative(),
  sha256: z.string(),
  url: z.string(),
});
export type Artifact = z.infer<typeof Artifact>;

export const Person = z.object({
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^<>\n\r\0]+$/, 'a name without "<", ">" or line breaks'),
  email: z
    .string()
    .max(254)
    .regex(/^[^\s<>@]+@[^\s<>@]+$/, 'an e-mail address'),
});
export type Person = z.infer<typeof Person>;

/** A task as people see it. Times are ms since the epoch by the server's clock. */
export const Task = z.object({
  id: Id,
  instance: z.string(),
  kind: TaskKind,
  state: TaskState,
  outcome: Outcome.nullable(),
  cause: Cause.nullable(),
  /** Why a queued task waits, or for whom one with a shell does, in words; null when it does not wait. */
  waiting: z.string().nullable(),
  /** When a queued task is expected to begin, ms, from how long builds like those before it took; null when unknown. */
  estimatedStart: z.int().nullable().default(null),
  /** What is built: artifact name; null for what is not a build. */
  artifact: z.string().nullable(),
  /** Full version, known once the package was prepared. */
  version: z.string().nullable(),
  format: Format.nullable(),
  distribution: z.string().nullable(),
  derivative: z.string().nullable(),
  architectures: z.array(z.string()),
  submitter: Person.nullable(),
  /** Who asked, as the server knows it: `local` or the token's name. */
  requestedBy: z.string(),
  message: z.string().nullable(),
  retryOf: Id.nullable(),
  /** Whether it only tells what would change. */
  dryRun: z.boolean().default(false),
  created: z.int(),
  started: z.int().nullable(),
  ended: z.int().nullable(),
});
export type Task = z.infer<typeof Task>;

/** A task with all that is known of it. */
export const TaskDetail = Task.extend({
  jobs: z.array(Job),
  artifacts: z.array(Artifact),
  /** The repository that the definition of a build came from; null for all else. */
  origin: GitOrigin.nullable().default(null),
  /** What a dry run found; null for all else, and until it has ended. */
  preview: RegistryPreview.nullable().default(null),
});
export type TaskDetail = z.infer<typeof TaskDetail>;
