import type { Readable } from 'node:stream';
import type {
  Attempt,
  AuditEntry,
  AuditPage,
  AuditQuery,
  BuildRequest,
  ClaimResponse,
  DifferencePage,
  DifferenceQuery,
  EnrolResponse,
  EnvironmentRequest,
  ExecRequest,
  FileRef,
  Format,
  Grant,
  HostReport,
  ImageRequest,
  KeyringImport,
  KeyringInfo,
  KeyringRequest,
  KeyringRotation,
  PageQuery,
  PhaseEvent,
  Policy,
  PublicationDetail,
  PublicationPage,
  PublicationPart,
  RegisterRequest,
  RegisterResponse,
  RegistryCheck,
  RegistryCollection,
  RegistryDeletion,
  RegistryImport,
  RegistryPage,
  RegistryPromotion,
  RegistryQuery,
  RegistryRollback,
  ReportResponse,
  ResultRequest,
  ShellRequest,
  SyncRequest,
  SyncResponse,
  Task,
  TaskDetail,
  TaskPage,
  TaskQuery,
  TokenCreated,
  TokenRequest,
  TokenView,
  TreeView,
  Upload,
  UploadRequest,
  UsedTrees,
  VersionRequest,
  VersionResponse,
  WorkerInvitation,
  WorkerRequest,
  WorkerView,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import type { LogFiles } from '../logs/log-files.ts';
import type { Terminals } from '../terminals/terminals.ts';

/*
 * What the control plane can do, without HTTP. Requests arrive checked against their schema, with defaults filled in
 * (`z.output`). Everything that is refused is a ProblemError; what escapes otherwise is a bug or a broken host.
 */

/** Who asks, as the server knows it: `local`, `anonymous` or the token's name; and from what address. */
export interface Requester {
  name: string;
  origin?: string | null;
}

/** Each validates against configuration and blobs, writes the task in one transaction and returns it. */
export interface Submissions {
  build(instance: string, request: z.output<typeof BuildRequest>, by: Requester): Promise<Task>;
  images(instance: string, request: z.output<typeof ImageRequest>, by: Requester): Promise<Task>;
  environments(instance: string, request: z.output<typeof EnvironmentRequest>, by: Requester): Promise<Task>;
  exec(instance: string, request: z.output<typeof ExecRequest>, by: Requester): Promise<Task>;
  shell(instance: string, request: z.output<typeof ShellRequest>, by: Requester): Promise<Task>;
  createKeyring(instance: string, request: z.output<typeof KeyringRequest>, by: Requester): Promise<Task>;
  importKeyring(instance: string, request: z.output<typeof KeyringImport>, by: Requester): Promise<Task>;
  renewKeyring(instance: string, request: z.output<typeof KeyringRequest>, by: Requester): Promise<Task>;
  rotateKeyring(instance: string, request: z.output<typeof KeyringRotation>, by: Requester): Promise<Task>;
  deletePackages(instance: string, request: z.output<typeof RegistryDeletion>, by: Requester): Promise<Task>;
  promote(instance: string, request: z.output<typeof RegistryPromotion>, by: Requester): Promise<Task>;
  rollBack(instance: string, request: z.output<typeof RegistryRollback>, by: Requester): Promise<Task>;
  collect(instance: string, request: z.output<typeof RegistryCollection>, by: Requester): Promise<Task>;
  check(instance: string, request: z.output<typeof RegistryCheck>, by: Requester): Promise<Task>;
  importPackages(instance: string, request: z.output<typeof RegistryImport>, by: Requester): Promise<Task>;
  /** A new task like an ended one, with `retryOf`. `conflict` while the old one still runs. */
  retry(task: string, by: Requester): Promise<Task>;
}

export interface Tasks {
  /** Newest first. */
  list(
    query: z.output<typeof TaskQuery> & { instances?: readonly string[] | undefined },
  ): Promise<z.infer<typeof TaskPage>>;
  get(task: string): Promise<TaskDetail>;
  /** Final at once, in every state; `already-done`, `already-committed`. Cancelling a cancelled task returns it. */
  cancel(task: string, by: Requester): Promise<Task>;
  /** A result file, to be served from the blob store. */
  artifact(task: string, name: string): Promise<FileRef>;
  /** An attempt with the task it belongs to. */
  attempt(attempt: string): Promise<{ task: Task; attempt: Attempt; hasTerminal: boolean }>;
  /** Resolves at the next change of the task (or of any, without an id), or when `signal` aborts. */
  changed(task: string | undefined, signal: AbortSignal): Promise<void>;
}

/** A worker or the publisher, authenticated. */
export interface WorkerIdentity {
  id: string;
  name: string;
  pool: string;
  publisher: boolean;
}

/** What every call about an attempt carries. */
export interface AttemptCall {
  worker: WorkerIdentity;
  attempt: string;
  fence: number;
}

/** The worker protocol (libs/domain `protocol.ts`); an old fence is answered `stale-fence`. */
export interface Attempts {
  claim(worker: WorkerIdentity, job: string): Promise<ClaimResponse>;
  heartbeat(call: AttemptCall): Promise<void>;
  handback(call: AttemptCall): Promise<void>;
  phase(call: AttemptCall, event: PhaseEvent): Promise<void>;
  trees(call: AttemptCall, used: z.infer<typeof UsedTrees>): Promise<void>;
  /** Throws `log-offset` with `length`, `digest-mismatch`, `too-large`. */
  appendLog(
    call: AttemptCall,
    chunk: { offset: number; bytes: Uint8Array; sha256: string },
  ): Promise<{ length: number }>;
  reserveVersion(call: AttemptCall, request: VersionRequest): Promise<VersionResponse>;
  storeFile(call: AttemptCall, name: string, sha256: string, body: Readable): Promise<FileRef>;
  /** Whether the order of the attempt names this blob: its size then, `not-found` otherwise. */
  blob(call: AttemptCall, sha256: string): Promise<{ sha256: string; size: number }>;
  /** Where the order of the attempt imports from: `not-found` when it does not, or not from a web server. */
  importOrigin(call: AttemptCall): Promise<{ location: string; instance: string }>;
  result(call: AttemptCall, result: ResultRequest): Promise<void>;
  close(call: AttemptCall): Promise<void>;
  /** Whether the worker may bring a shell: the task it belongs to then. */
  terminal(call: AttemptCall): Promise<{ task: string }>;
  /** Publisher only: resolved means the head may move. */
  commit(call: AttemptCall): Promise<void>;
}

export interface Workers {
  /** The local worker of an installation; `secret` only when it was made just now, for the first time or to `renew` it. */
  ensureLocal(worker: { name: string; pool: string; renew?: boolean }): Promise<{ id: string; secret: string | null }>;
  get(name: string): Promise<WorkerView>;
  /** No new jobs for it; what runs there goes on. */
  drain(name: string, by: Requester): Promise<WorkerView>;
  /** Ends draining and quarantine. */
  resume(name: string, by: Requester): Promise<WorkerView>;
  /** Revokes it at once; its attempts are lost and tried elsewhere. */
  remove(name: string, by: Requester): Promise<void>;
  /** The identity behind the internal socket. */
  publisher(): Promise<WorkerIdentity>;
  /** `not-authenticated` when no worker has this secret. */
  authenticate(secret: string): Promise<WorkerIdentity>;
  register(worker: WorkerIdentity, request: RegisterRequest): Promise<RegisterResponse>;
  report(worker: WorkerIdentity, report: HostReport): Promise<ReportResponse>;
  list(): Promise<WorkerView[]>;
  /** Images and environments that the hosts hold. */
  trees(): Promise<z.infer<typeof TreeView>[]>;
}

export interface Enrolments {
  /** `conflict` for a name that is taken, `unprocessable` where no other host could reach Redis. */
  invite(request: z.output<typeof WorkerRequest>, by: Requester): Promise<WorkerInvitation>;
  /** `not-authenticated` for a token that is unknown, used or too old. `origin` is the address it came from. */
  enrol(token: string, origin: string): Promise<EnrolResponse>;
}

export interface Uploads {
  create(request: z.output<typeof UploadRequest>, by: Requester): Promise<Upload>;
  get(id: string): Promise<Upload>;
  /** Appends at `offset`, keeps what arrived of a body that breaks off. `upload-offset` with `offset`, `too-large`. */
  append(id: string, offset: number, body: Readable): Promise<Upload>;
  remove(id: string): Promise<void>;
  /** The size of a blob that is there already, so that it need not be sent again. */
  blob(sha256: string): Promise<number | undefined>;
}

export interface TokenIdentity {
  id: string;
  name: string;
  /** What it may do: what it says itself, its role, and the roles its name is a member of. */
  grants: readonly Grant[];
}

export interface Tokens {
  create(request: z.output<typeof TokenRequest>, by: Requester): Promise<z.infer<typeof TokenCreated>>;
  list(): Promise<TokenView[]>;
  revoke(id: string, by: Requester): Promise<void>;
  /** `not-authenticated` for an unknown, revoked or expired one. */
  authenticate(secret: string): Promise<TokenIdentity>;
}

export interface Audit {
  /** For what is not written in the transaction of a change: refusals. */
  record(entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void>;
  /** Newest first. */
  list(query: z.output<typeof AuditQuery>): Promise<AuditPage>;
}

/** The api's view of what is published. */
export interface Registry {
  packages(
    instance: string,
    format: Format,
    distribution: string,
    query: z.output<typeof RegistryQuery>,
  ): Promise<z.infer<typeof RegistryPage>>;
  /** Newest first. */
  publications(
    instance: string,
    format: Format,
    distribution: string,
    query: z.output<typeof PageQuery>,
  ): Promise<PublicationPage>;
  publication(instance: string, format: Format, distribution: string, revision: number): Promise<PublicationDetail>;
  difference(instance: string, query: z.output<typeof DifferenceQuery>): Promise<DifferencePage>;
  keyring(instance: string): Promise<KeyringInfo | undefined>;
  /** What the publisher has; answers how far each of its repositories is known. */
  sync(request: SyncRequest): Promise<SyncResponse>;
  /** A part of the publication that follows on what is known. */
  takePart(part: PublicationPart): Promise<{ known: number }>;
}

export interface StoredAnswer {
  status: number;
  /** JSON. */
  body: string;
}

export interface Idempotency {
  /**
   * Runs `action` once per (requester, key) within 24 h, and gives its answer again after that; an action that
   * throws may be tried again. `idempotency-running`, `idempotency-mismatch` when `fingerprint` differs.
   */
  once(
    request: { requester: string; key: string; fingerprint: string },
    action: () => Promise<StoredAnswer>,
  ): Promise<StoredAnswer & { replayed: boolean }>;
}

/** All services. `start` begins dispatching and judging leases; `stop` ends it and closes nothing it was given. */
export interface Control {
  submissions: Submissions;
  tasks: Tasks;
  attempts: Attempts;
  workers: Workers;
  enrolments: Enrolments;
  uploads: Uploads;
  tokens: Tokens;
  policy: Policy;
  audit: Audit;
  registry: Registry;
  idempotency: Idempotency;
  logs: LogFiles;
  terminals: Terminals;
  start(): Promise<void>;
  stop(): Promise<void>;
}
