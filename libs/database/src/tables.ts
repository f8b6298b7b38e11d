import type { Generated } from 'kysely';

/** Rows as the database has them (`snake_case` there). `*Json` columns hold JSON text. */
export interface Tables {
  tasks: TaskRow;
  jobs: JobRow;
  attempts: AttemptRow;
  phases: PhaseRow;
  attemptFiles: { attempt: string; name: string; sha256: string; size: number };
  artifacts: { task: string; name: string; sha256: string; size: number };
  blobs: { sha256: string; size: number; created: number };
  blobRefs: { sha256: string; owner: string };
  uploads: UploadRow;
  workers: WorkerRow;
  enrolments: EnrolmentRow;
  tokens: TokenRow;
  idempotency: IdempotencyRow;
  repositories: RepositoryRow;
  publishedPackages: PublishedPackageRow;
  publications: PublicationRow;
  keyrings: { instance: string; infoJson: string };
  changelog: ChangelogRow;
  versionReservations: ReservationRow;
  audit: AuditRow;
}

export interface TaskRow {
  id: string;
  instance: string;
  kind: string;
  state: string;
  outcome: string | null;
  causeJson: string | null;
  artifact: string | null;
  version: string | null;
  format: string | null;
  distribution: string | null;
  derivative: string | null;
  architecturesJson: string;
  submitterJson: string | null;
  requestedBy: string;
  message: string | null;
  retryOf: string | null;
  priority: number;
  /** What was asked for, so that a retry can ask again. */
  requestJson: string;
  created: number;
  started: number | null;
  ended: number | null;
  /** When the publisher was allowed to move the head: too late to cancel. */
  committed: number | null;
  /** 1: it only tells what would change. */
  dryRun: number;
  /** What a dry run found. */
  previewJson: string | null;
}

export interface JobRow {
  id: string;
  task: string;
  /** That of its task. */
  instance: string;
  name: string;
  capability: string;
  state: string;
  outcome: string | null;
  causeJson: string | null;
  orderJson: string;
  /** Whose turn it uses up: fairness is between these. */
  submitter: string;
  priority: number;
  /** Raised by every claim and by cancel; calls with an older one are refused. */
  fence: number;
  /** Attempts that count: not those handed back. */
  tries: number;
  created: number;
  /** No ticket before this time. */
  notBefore: number;
  /** When its ticket was issued; null without one. */
  ticketed: number | null;
  ended: number | null;
}

export interface AttemptRow {
  id: string;
  job: string;
  number: number;
  fence: number;
  worker: string;
  host: string;
  began: number;
  ended: number | null;
  outcome: string | null;
  causeJson: string | null;
  /** Null once the host is done with it. */
  leaseExpires: number | null;
  /** When it last said something: a log chunk, a phase, a file. */
  heard: number;
  handedBack: number;
  logLength: number;
  logClosed: number;
  image: string | null;
  environment: string | null;
  shellJson: string | null;
}

export interface PhaseRow {
  attempt: string;
  name: string;
  began: number;
  ended: number | null;
  logOffset: number;
}

export interface UploadRow {
  id: string;
  length: number;
  name: string | null;
  sha256: string | null;
  requestedBy: string;
  created: number;
}

export interface WorkerRow {
  id: string;
  name: string;
  pool: string;
  /** Null for the publisher, which proves itself by its socket. */
  secretHash: string | null;
  reportJson: string | null;
  created: number;
  seen: number;
  /** Of its password for Redis; null for who needs none. */
  redisHash: string | null;
  /** The instances it may serve, null: all. */
  instancesJson: string | null;
  /** 1: the administrator gives it no new jobs. */
  draining: number;
  /** Why the farm itself gives it no new jobs; null: it does. */
  quarantine: string | null;
  /** Attempts in a row that failed through no fault of a package. */
  failures: number;
}

/** A build host that may enrol, once. */
export interface EnrolmentRow {
  tokenHash: string;
  name: string;
  pool: string;
  instancesJson: string | null;
  created: number;
  expires: number;
}

export interface TokenRow {
  id: string;
  name: string;
  secretHash: string;
  instance: string;
  actionsJson: string;
  /** A role of the policy, which then says what it may do instead of the actions. */
  role: string | null;
  created: number;
  expires: number;
  lastUsed: number | null;
}

export interface IdempotencyRow {
  requester: string;
  key: string;
  fingerprint: string;
  /** Null while the first request still runs. */
  status: number | null;
  body: string | null;
  created: number;
}

/** A package in a repository, from revision `since` on until before `until`; null: it is there still. */
export interface PublishedPackageRow {
  instance: string;
  format: string;
  distribution: string;
  name: string;
  derivative: string;
  version: string;
  architecture: string;
  since: number;
  until: number | null;
  sha256: string;
  sourceName: string;
  sourceVersion: string;
  packageJson: string;
}

/** How far a repository is known; revisions beyond may be known in part. */
export interface RepositoryRow {
  instance: string;
  format: string;
  distribution: string;
  /** Of the publisher's database that the revisions are numbered in. */
  lineage: string;
  oldest: number;
  revision: number;
}

export interface PublicationRow {
  instance: string;
  format: string;
  distribution: string;
  revision: number;
  /** Null for the first that is kept. */
  previous: number | null;
  created: number;
  /** How many packages. */
  added: number;
  removed: number;
  tasksJson: string;
  filesJson: string;
}

export interface ChangelogRow {
  task: string;
  instance: string;
  format: string;
  distribution: string;
  derivative: string;
  artifact: string;
  entryJson: string;
  published: number;
}

export interface ReservationRow {
  task: string;
  instance: string;
  format: string;
  distribution: string;
  name: string;
  version: string;
}

export interface AuditRow {
  id: Generated<number>;
  at: number;
  who: string;
  action: string;
  subject: string;
  detail: string | null;
  /** The address of who asked. */
  origin: string | null;
  /** `done`, or the kind of problem that was the answer. */
  outcome: Generated<string>;
}
