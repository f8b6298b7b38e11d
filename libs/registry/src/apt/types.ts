/** A repository: one distribution of one instance, served below `/<instance>/deb/dists/<distribution>/`. */
export interface AptRepository {
  instance: string;
  distribution: string;
  /** The components, `main` first. May grow; one that still holds packages may not go. */
  derivatives: string[];
  /** Real architectures, without `all` and `source`. */
  architectures: string[];
  /** Must not change after the first publication: clients refuse (apt-secure(8)). */
  origin: string;
  label: string;
  /** Both the distribution's name unless given. */
  suite?: string;
  codename?: string;
  /** Days after which clients distrust an InRelease; none by default. */
  validDays?: number;
}

/** A file as it came from a build, in the blob store or elsewhere readable. */
export interface IncomingFile {
  /** Base name, as in `hello_2.10-1_amd64.deb`. */
  name: string;
  /** Absolute path of the bytes. */
  path: string;
  /** Bytes. */
  size: number;
  /** Lower case hexadecimal. Checked while reading. */
  sha256: string;
}

export type PackageKind = 'binary' | 'udeb' | 'source';

/** A file of a package in the pool. */
export interface PoolFile {
  /** Below `/<instance>/deb/`: `pool/h/hello/<digest>/hello_2.10-1_amd64.deb`. */
  path: string;
  size: number;
  sha256: string;
}

/** A file that goes into the pool, and the absolute path that its bytes are copied from. */
export interface IngestedFile extends PoolFile {
  from: string;
  /** Its modification time in the pool, where an index tells it: seconds since the epoch. */
  modified?: number;
}

/** A package read once and rendered: everything that an index needs to know about it. */
export interface IngestedPackage {
  kind: PackageKind;
  name: string;
  version: string;
  /** `all` for independent ones, `source` for source packages. */
  architecture: string;
  /** The source package that it was built from (itself, for a source package). */
  source: { name: string; version: string };
  section: string;
  /** First line of the description; empty for a source package. */
  summary: string;
  /** Relations by field name, as in the control file: `Depends`, `Build-Depends`, … */
  relations: Record<string, string>;
  /** sha256 of the `.deb` or the `.dsc`. */
  digest: string;
  /** The stanza of Packages or Sources, one newline at its end. */
  stanza: string;
  /** Paths that it installs, without leading slash; empty for source packages. */
  contents: string[];
  /** Pool files, each with the absolute path that its bytes are copied from. */
  files: IngestedFile[];
}

/** Which packages: every given field must match. `source` or `name` is required. */
export interface PackageSelector {
  derivative?: string;
  /** A source package and all that was built from it. */
  source?: string;
  name?: string;
  /** Of the source package where `source` is given, of the package itself otherwise. */
  version?: string;
  /** `source` means source packages. */
  architecture?: string;
}

export interface PublicationChanges {
  add?: { derivative: string; package: IngestedPackage }[];
  remove?: PackageSelector[];
}

/**
 * What signs a repository, and what proves afterwards that clients will accept it; a `Keyring` of
 * `@fatbuildr/signing` is one.
 */
export interface RepositorySigner {
  signCleartext(text: string): Promise<string>;
  signDetached(data: Uint8Array): Promise<string>;
  /** The signed text. Throws unless the signature is good. */
  verifyCleartext(message: string): Promise<string>;
  verifyDetached(data: Uint8Array, signature: string): Promise<void>;
}

/** The named points between which a writer may die; tests do it there on purpose. */
export type WriteStep =
  | 'start'
  | 'pool'
  | 'indexes'
  | 'manifest'
  | 'signatures'
  | 'verified'
  | 'committed'
  | 'head'
  | 'rename-indexes'
  | 'rename-Release'
  | 'rename-Release.gpg'
  | 'rename-InRelease'
  | 'done';

export interface PublishRequest {
  repository: AptRepository;
  changes: PublicationChanges;
  /** The tasks that asked for it; kept with the publication. */
  tasks: string[];
  signer: RepositorySigner;
  /** Asked once everything is written and verified, before the head moves; throwing leaves the repository as it was. */
  commit?: () => Promise<void>;
  /** Called at each step of the writing order. */
  step?: (step: WriteStep) => void | Promise<void>;
}

export interface EnsureRequest {
  repository: AptRepository;
  signer: RepositorySigner;
  resign?: boolean;
}

/** A package as it stands in a repository. */
export interface PublishedPackage {
  kind: PackageKind;
  derivative: string;
  name: string;
  version: string;
  architecture: string;
  source: { name: string; version: string };
  section: string;
  summary: string;
  relations: Record<string, string>;
  /** sha256 of the `.deb` or the `.dsc`. */
  digest: string;
  /** The `.deb`; or the `.dsc` and then the files that it names. */
  files: PoolFile[];
  /** Sum over its files, in bytes. */
  size: number;
  /** Revision that brought it, when (milliseconds since the epoch), and the tasks behind that revision. */
  since: number;
  published: number;
  tasks: string[];
}

export interface PublishResult {
  /** The revision that holds the wanted state; the present one when there was nothing to change. */
  revision: number;
  /** False when everything asked for was already so. */
  changed: boolean;
  added: PublishedPackage[];
  removed: PublishedPackage[];
}

/** An index file that a Release names, relative to `dists/<distribution>/`. */
export interface ManifestEntry {
  path: string;
  size: number;
  sha256: string;
}

/** One immutable revision of a repository. */
export interface Publication {
  revision: number;
  previous: number | null;
  /** Milliseconds since the epoch. */
  created: number;
  tasks: string[];
  manifest: ManifestEntry[];
}

export interface ListQuery {
  instance: string;
  distribution: string;
  derivative?: string;
  source?: string;
  name?: string;
  version?: string;
  architecture?: string;
}

/** Where clients learn of the repositories of an instance. */
export interface AccessRequest {
  instance: string;
  repositories: AptRepository[];
  /** Armoured public key. */
  publicKey: string;
  /** The URL below which the tree is served, as in `http://farm.example:8080/registry`. */
  baseUrl: string;
}

/** The APT repositories of a registry tree, and the only writer of them. */
export interface AptRegistry {
  /**
   * Publishes the repository, empty if need be, when it has no publication yet or its components or
   * architectures changed; in any case with `resign`, as after the renewal of a key.
   *
   * @returns whether a publication was made
   */
  ensurePublished(request: EnsureRequest): Promise<boolean>;
  /**
   * Adds and removes packages as one new publication. Asking again for what is already so changes nothing.
   * Calls for one repository wait for one another; others run side by side.
   *
   * @throws Failure `rejected` when a version is there with other bytes or a selector matches nothing;
   * `publish-failure` when the signatures or digests do not verify or another writer moved the head.
   */
  publish(request: PublishRequest): Promise<PublishResult>;
  /**
   * Writes `/<instance>/keyring.asc`, and per repository `/<instance>/deb/<distribution>.sources` with the key inline.
   * Idempotent.
   */
  publishAccess(request: AccessRequest): Promise<void>;
  /** The packages of the current publication, by name, then version, then architecture. */
  list(query: ListQuery): PublishedPackage[];
  /** The publications of a repository, newest first. */
  publications(query: { instance: string; distribution: string; limit?: number }): Publication[];
  /** Finishes or forgets what a crash left half done; call it once at start, before anything else. */
  recover(): Promise<{ finished: number; forgotten: number }>;
  close(): void;
}
