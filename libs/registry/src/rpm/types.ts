import type {
  IngestedFile,
  ListQuery,
  PackageSelector,
  Publication,
  PublishedPackage,
  PublishResult,
  RepositorySigner,
} from '../apt/types.ts';
import type { RpmFragments } from './fragments.ts';

/** A distribution of one instance, served below `/<instance>/rpm/<distribution>/<derivative>/<architecture>/`. */
export interface RpmRepository {
  instance: string;
  distribution: string;
  /** May grow; one that still holds packages may not go. */
  derivatives: string[];
  /** As dnf's `$basearch`: `x86_64`, `aarch64`. Source packages have a directory of their own beside them. */
  architectures: string[];
  /** The URL below which the tree is served, which the mirror lists name: `http://farm.example:8080/registry`. */
  baseUrl: string;
  /** Of the lists; `gzip` by default, which every client reads. EL7 and Amazon Linux 2 cannot read `zstd`. */
  compression?: 'gzip' | 'zstd';
}

/** A package read once and rendered: everything that a repository tells of it. */
export interface IngestedRpm {
  kind: 'binary' | 'source';
  name: string;
  /** `[epoch:]version-release`. */
  version: string;
  /** `noarch` for independent ones, `src` for source packages. */
  architecture: string;
  /** The source package that it was built from (itself, for a source package); the version is `version-release`. */
  source: { name: string; version: string };
  /** The RPM group. */
  section: string;
  summary: string;
  /** Relations by kind, one `name [comparison version]` each, joined by commas. */
  relations: Record<string, string>;
  /** sha256 of the file that is served, signature and all. */
  digest: string;
  /** sha256 of header and payload: the same whoever signed it. */
  content: string;
  fragments: RpmFragments;
  files: IngestedFile[];
}

/** Comps (`group`), advisories or modules, passed through to clients as they are. */
export interface ExtraMetadata {
  derivative: string;
  /** One directory of the derivative, an architecture or `source`; all of them by default. */
  architecture?: string;
  type: 'group' | 'updateinfo' | 'modules';
  /** XML, or YAML for modules, not compressed; null takes it away. */
  content: Uint8Array | null;
}

export interface RpmChanges {
  add?: { derivative: string; package: IngestedRpm }[];
  remove?: PackageSelector[];
  metadata?: ExtraMetadata[];
}

/** What signs the lists of a repository, and proves that clients will accept them. */
export type RpmRepositorySigner = Pick<RepositorySigner, 'signDetached' | 'verifyDetached'>;

/** The named points between which a writer may die; tests do it there on purpose. */
export type RpmWriteStep =
  | 'start'
  | 'pool'
  | 'indexes'
  | 'signatures'
  | 'verified'
  | 'committed'
  | 'head'
  | 'rename-lists'
  | 'rename-repomd.xml.asc'
  | 'rename-repomd.xml'
  | 'rename-mirrorlist'
  | 'done';

export interface RpmPublishRequest {
  repository: RpmRepository;
  changes: RpmChanges;
  /** The tasks that asked for it; kept with the publication. */
  tasks: string[];
  signer: RpmRepositorySigner;
  /** Asked once everything is written and verified, before the head moves; throwing leaves the repository as it was. */
  commit?: () => Promise<void>;
  /** Called at each step of the writing order. */
  step?: (step: RpmWriteStep) => void | Promise<void>;
}

/** The RPM repositories of a registry tree, and the only writer of them. */
export interface RpmRegistry {
  /**
   * Publishes the repository, empty if need be, when it has no publication yet or its derivatives, architectures or URL
   * changed; in any case with `resign`, as after the renewal of a key.
   *
   * @returns whether a publication was made
   */
  ensurePublished(request: {
    repository: RpmRepository;
    signer: RpmRepositorySigner;
    resign?: boolean;
  }): Promise<boolean>;
  /**
   * Adds and removes packages as one new publication. Asking again for what is already so changes nothing, whoever
   * signed the package. Calls for one repository wait for one another; others run side by side.
   *
   * @throws Failure `rejected` when a version is there with other content or a selector matches nothing;
   * `publish-failure` when the signatures or digests do not verify or another writer moved the head.
   */
  publish(request: RpmPublishRequest): Promise<PublishResult>;
  /** Writes `/<instance>/keyring.asc`, and per repository `/<instance>/rpm/<distribution>.repo`. Idempotent. */
  publishAccess(request: { instance: string; repositories: RpmRepository[]; publicKey: string }): Promise<void>;
  /** The packages of the current publication, by name, then version, then architecture. */
  list(query: ListQuery): PublishedPackage[];
  /** The publications of a repository, newest first. */
  publications(query: { instance: string; distribution: string; limit?: number }): Publication[];
  /** Finishes or forgets what a crash left half done; call it once at start, before anything else. */
  recover(): Promise<{ finished: number; forgotten: number }>;
  close(): void;
}
