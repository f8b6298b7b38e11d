/** What the registry publishes. */
export type PackageFormat = 'deb' | 'rpm' | 'osi';

/** Which repository: one distribution of one instance. */
export interface RepositoryRef {
  instance: string;
  format: PackageFormat;
  distribution: string;
}

interface RepositoryBase {
  instance: string;
  distribution: string;
  /** `main` first; the components of an APT repository. May grow; one that still holds packages may not go. */
  derivatives: string[];
  /** Real architectures: without `all`, `noarch` and source. */
  architectures: string[];
  /** The URL below which the tree is served: `http://farm.example:8080/registry`. */
  baseUrl: string;
  /** How many of the newest source versions stay, by source package and derivative; all by default. */
  keepVersions?: number;
}

/** Served below `/<instance>/deb/dists/<distribution>/`. */
export interface AptRepository extends RepositoryBase {
  format: 'deb';
  /** Must not change after the first publication: clients refuse (apt-secure(8)). */
  origin: string;
  label: string;
  /** Both the distribution's name unless given. */
  suite?: string;
  codename?: string;
  /** Days after which clients distrust an InRelease; none by default. */
  validDays?: number;
}

/** Served below `/<instance>/rpm/<distribution>/<derivative>/<architecture>/`; architectures as dnf's `$basearch`. */
export interface RpmRepository extends RepositoryBase {
  format: 'rpm';
  /** Of the lists; `gzip` by default, which every client reads. EL7 and Amazon Linux 2 cannot read `zstd`. */
  compression?: 'gzip' | 'zstd';
}

/** OS images, served below `/<instance>/osi/<distribution>/<derivative>/`. */
export interface ImageRepository extends RepositoryBase {
  format: 'osi';
}

export type Repository = AptRepository | RpmRepository | ImageRepository;

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
  /** Below `/<instance>/<format>/`: `pool/h/hello/<digest>/hello_2.10-1_amd64.deb`. */
  path: string;
  size: number;
  sha256: string;
}

/** A file that goes into the pool. */
export interface IngestedFile extends PoolFile {
  /** Absolute path that its bytes are copied from. */
  from: string;
  /** `from` is ours, below the registry's `scratch`, and was hashed as it was written: it may be moved. */
  staged?: boolean;
  /** Its modification time in the pool, where an index tells it: seconds since the epoch. */
  modified?: number;
}

/** A package read once and rendered: everything that a repository tells of it. */
export interface IngestedPackage {
  kind: PackageKind;
  name: string;
  /** deb: as in the control file; rpm: `[epoch:]version-release`. */
  version: string;
  /** `all` or `noarch` for independent ones, `source` or `src` for source packages. */
  architecture: string;
  /** The source package that it was built from (itself, for a source package). */
  source: { name: string; version: string };
  /** deb: the section; rpm: the group. */
  section: string;
  /** First line of the description; empty for a Debian source package. */
  summary: string;
  /** Relations by field name or kind, as people read them: `Depends`, `Build-Depends`, `requires`, … */
  relations: Record<string, string>;
  /** sha256 of the `.deb`, the `.dsc` or the signed `.rpm`; of the checksums of an image. */
  digest: string;
  /** The same for the same package, whoever signed it; the digest, for a Debian package. */
  content: string;
  /** What goes into the indexes, by part. deb: `stanza`, and `contents`, a path a line; rpm: `primary`, `filelists`, `other`; osi: `checksums`. */
  parts: Record<string, string>;
  /** The package; or the `.dsc` and then the files that it names. */
  files: IngestedFile[];
}

/** Which packages: every given field must match. `source` or `name` is required to remove. */
export interface PackageSelector {
  derivative?: string;
  /** A source package and all that was built from it. */
  source?: string;
  name?: string;
  /** Of the source package where `source` is given, of the package itself otherwise. */
  version?: string;
  architecture?: string;
}

/** Comps (`group`), advisories or modules of an RPM repository, passed through to clients as they are. */
export interface ExtraMetadata {
  derivative: string;
  /** One directory of the derivative, an architecture or `source`; all of them by default. */
  architecture?: string;
  type: 'group' | 'updateinfo' | 'modules';
  /** XML, or YAML for modules, not compressed; null takes it away. */
  content: Uint8Array | null;
}

export interface PublicationChanges {
  add?: { derivative: string; package: IngestedPackage }[];
  remove?: PackageSelector[];
  /** RPM repositories only. */
  metadata?: ExtraMetadata[];
}

/** What signs a repository, and what proves afterwards that clients will accept it. */
export interface RepositorySigner {
  /** With one signature or, while keys change, several. */
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
  | 'rename-repomd.xml.asc'
  | 'rename-repomd.xml'
  | 'rename-mirrorlist'
  | 'rename-SHA256SUMS.gpg'
  | 'rename-SHA256SUMS'
  | 'done';

/** What every change of a repository has. */
export interface ChangeRequest {
  repository: Repository;
  /** Who asks. A task that changed this repository already is given what came of it, and nothing is done again. */
  task: string;
  /** Asked once everything is written and verified, before the head moves; throwing leaves this request out. */
  commit?: () => Promise<void>;
  /** Called at each step of the writing order. */
  step?: (step: WriteStep) => void | Promise<void>;
  /** Tells what would change, and changes nothing: neither `commit` nor `step` is called. */
  dryRun?: boolean;
}

export interface PublishRequest extends ChangeRequest {
  changes: PublicationChanges;
}

/** Takes packages of one repository into another of the same instance and format. */
export interface PromoteRequest extends ChangeRequest {
  /** The head unless a revision is given; the whole derivative unless selectors are. */
  from: { distribution: string; derivative: string; revision?: number; selectors?: PackageSelector[] };
  /** Of `repository`. */
  derivative: string;
}

export interface RollbackRequest extends ChangeRequest {
  /** Whose packages are to be the present ones again. */
  revision: number;
}

export interface EnsureRequest {
  repository: Repository;
  /** Also when nothing changed, as after the renewal of a key. */
  resign?: boolean;
}

/** A package as it stands, or stood, in a repository. */
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
  digest: string;
  content: string;
  files: PoolFile[];
  /** Sum over its files, in bytes. */
  size: number;
  /** Revision that brought it, when (milliseconds since the epoch), and the task that asked for it. */
  since: number;
  published: number;
  task: string | null;
}

/** What came of one request; a publication that serves several tells each its own part. */
export interface PublishResult {
  /** The revision that holds the wanted state; the present one when there was nothing to change. */
  revision: number;
  /** The one before it; null for the first. */
  previous: number | null;
  /** False when everything asked for was already so, or it was a dry run. */
  changed: boolean;
  added: PublishedPackage[];
  removed: PublishedPackage[];
}

/** An index file that a Release or a `repomd.xml` stands for, relative to the distribution's directory. */
export interface ManifestEntry {
  path: string;
  size: number;
  sha256: string;
  /** Clients know it by its digest once they have unpacked another; there is no such file. */
  listedOnly?: true;
}

/** One immutable revision of a repository. */
export interface Publication {
  revision: number;
  previous: number | null;
  /** Milliseconds since the epoch. */
  created: number;
  /** The tasks that made it; none for an empty or newly signed one. */
  tasks: string[];
  /** How many packages it holds, and how many came and went. */
  packages: number;
  added: number;
  removed: number;
  manifest: ManifestEntry[];
}

/** What one publication changed, whoever asked. */
export interface PublicationChange extends Omit<Publication, 'manifest' | 'packages' | 'added' | 'removed'> {
  added: PublishedPackage[];
  removed: PublishedPackage[];
}

export interface ListQuery extends RepositoryRef, PackageSelector {
  /** The present one by default. */
  revision?: number;
}

/** One side of a comparison: the present revision and all derivatives unless given. */
export interface DiffSide extends RepositoryRef {
  revision?: number;
  derivative?: string;
}

export interface RegistryDiff {
  added: PublishedPackage[];
  removed: PublishedPackage[];
  /** Packages that are on both sides in another version, or in the same with other content. */
  changed: { from: PublishedPackage; to: PublishedPackage }[];
  /** Index files that differ, with their digests; null where there is none. */
  files: { path: string; from: string | null; to: string | null }[];
}

export interface CollectRequest {
  instance: string;
  /** What was replaced less than this long (ms) ago stays. */
  graceMs: number;
  /** So many of the newest publications of each repository stay, however old. */
  keepPublications: number;
  dryRun: boolean;
}

/** What a collection removed, or would remove. Bytes are those on the disk. */
export interface CollectReport {
  publications: number;
  packages: number;
  files: number;
  bytes: number;
}

/** A package that could not be installed any more. */
export interface Impact {
  package: PublishedPackage;
  /** The relation that nothing satisfies, as the package has it. */
  needs: string;
}

/** Where clients learn of the repositories of an instance. */
export interface AccessRequest {
  instance: string;
  repositories: Repository[];
  /** Armoured public keys of all that sign, a block each. */
  publicKey: string;
  /** Those that sign no more; packages of an RPM repository may still carry their signatures. Empty by default. */
  retiredKeys?: string;
}

/** What a gate may look at before the head moves. */
export interface StagedPublication {
  repository: Repository;
  revision: number;
  /**
   * Holds what clients will see, for `file:` URLs: deb: `dists/<distribution>/` and `pool/`; rpm:
   * `<derivative>/<architecture>/repodata/`; osi: `<derivative>/`. It is gone once the gate answers.
   */
  directory: string;
}

export interface RegistryOptions {
  /** A directory that any web server may serve that follows symbolic links within it; names with a dot aside. */
  tree: string;
  /** The file of the database that describes it. Both belong to one process. */
  database: string;
  /**
   * Asked each time that writing starts. While keys change apt is given the signatures of both, rpm of one.
   *
   * @throws Failure `rejected` for an instance without a keyring
   */
  signerFor(instance: string, format: PackageFormat): Promise<RepositorySigner>;
  clock?: () => number;
  /** Between two publications of one repository, in milliseconds: 1000 unless given. What is asked meanwhile is one publication. */
  spacingMs?: number;
  /**
   * How long the Contents of a large APT repository may lag behind its packages, in milliseconds: ten minutes unless
   * given. Every other index is always that of the publication.
   */
  lagMs?: number;
  /** Tries a publication that is written and verified; throwing leaves the repository as it was. */
  gate?(staged: StagedPublication): Promise<void>;
}

/** The repositories of a registry tree, and the only writer of them. */
export interface Registry {
  /** Tells one database from another that took its place: revisions are comparable within a lineage alone. */
  readonly lineage: string;
  /** A directory on the tree's file system for files that are on their way into the pool; emptied by `recover`. */
  readonly scratch: string;
  /**
   * Publishes the repository, empty if need be, when it has no publication yet, its definition changed or half of
   * `validDays` went by; in any case with `resign`.
   *
   * @returns whether a publication was made
   */
  ensurePublished(request: EnsureRequest): Promise<boolean>;
  /**
   * Adds and removes packages. Calls that wait for one repository become one publication; one that is rejected, or
   * whose commit throws, is left out alone. Asking again for what is already so changes nothing.
   *
   * @throws Failure `rejected` when a version is there with other content, a selector matches nothing or a package
   * would be pruned at once; `publish-failure` when signatures or digests do not verify.
   */
  publish(request: PublishRequest): Promise<PublishResult>;
  /** The same bytes in another distribution or derivative, without a copy. @throws as `publish` */
  promote(request: PromoteRequest): Promise<PublishResult>;
  /**
   * A new publication that holds what an earlier one held: dates never go back.
   *
   * @throws Failure `rejected` when that revision, or a derivative or architecture of it, is gone
   */
  rollback(request: RollbackRequest): Promise<PublishResult>;
  /** @throws Failure `rejected` when a side was never published */
  diff(from: DiffSide, to: DiffSide): RegistryDiff;
  /** The packages of a publication, by name, then version, then architecture. */
  list(query: ListQuery): PublishedPackage[];
  /** The same, page by page as they are asked for and in no order that people know. */
  packages(query: ListQuery): Generator<PublishedPackage>;
  /** The publications of a repository, newest first; `before` a revision. */
  publications(query: RepositoryRef & { limit?: number; before?: number }): Publication[];
  publication(ref: RepositoryRef, revision: number): Publication | undefined;
  /** What each publication after that revision changed, oldest first; after 0, all that is left of its history. */
  changesSince(ref: RepositoryRef, revision: number): PublicationChange[];
  /** The publications that are kept, by their numbers; undefined before the first. */
  revisions(ref: RepositoryRef): { oldest: number; current: number } | undefined;
  /** What one publication changed, page by page as it is asked for: of the oldest that is kept, all it holds. */
  changes(ref: RepositoryRef, revision: number): Generator<{ change: 'added' | 'removed'; package: PublishedPackage }>;
  /** Removes publications, indexes, packages and pool files that nobody needs any more; safe beside publishing. */
  collect(request: CollectRequest): Promise<CollectReport>;
  /** The packages that stay and need what only those that go provide, as far as the repository tells. */
  impact(ref: RepositoryRef, remove: readonly PackageSelector[]): Impact[];
  /** Writes `/<instance>/keyring.asc`, and per repository a ready `.sources` or `.repo` file. Idempotent. */
  publishAccess(request: AccessRequest): Promise<void>;
  /** Finishes or forgets what a crash left half done; call it once at start, before anything else. */
  recover(): Promise<{ finished: number; forgotten: number }>;
  close(): void;
}
