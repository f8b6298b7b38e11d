import type { CheckReport, CheckRequest } from './check.ts';
import type { PackageSelector, PublishedPackage } from './package.ts';
import type { CollectReport, Impact, ListQuery, Publication, PublishResult } from './publication.ts';
import type { PackageFormat, Repository, RepositoryRef, RepositorySigner } from './repository.ts';
import type {
  AccessRequest,
  CollectRequest,
  EnsureRequest,
  ExtraMetadata,
  PromoteRequest,
  PublishRequest,
  RollbackRequest,
} from './requests.ts';
import type { PackageIdentity, Staging } from './staging.ts';

/** What a gate may look at before the head moves. */
export interface StagedPublication {
  repository: Repository;
  revision: number;
  /**
   * Holds what clients will see, for `file:` URLs: deb: `dists/<distribution>/` and `pool/`; rpm:
   * `<derivative>/<architecture>/repodata/`; osi: `<derivative>/`. It is gone once the gate answers.
   */
  directory: string;
  /** The packages that it brings and that clients may install: no sources, no packages of the installer. */
  added: Pick<PublishedPackage, 'derivative' | 'name' | 'version' | 'architecture'>[];
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
  /**
   * Tries a publication that is written and verified, unless it brings nothing and takes nothing away; throwing leaves the
   * repository as it was. Where it refuses several changes, they are tried apart.
   */
  gate?(staged: StagedPublication): Promise<void>;
}

/** Why a repository is not as it should be. */
export interface Trouble extends RepositoryRef {
  error: unknown;
}

/** The repositories of a registry tree, and the only writer of them. */
export interface Registry {
  /** Tells one database from another that took its place: revisions are comparable within a lineage alone. */
  readonly lineage: string;
  /** A directory on the tree's file system for files that are on their way into the pool; emptied by `recover`. */
  readonly scratch: string;
  /**
   * Publishes the repository, empty if need be, when it has no publication yet, its definition changed, half of
   * `validDays` went by, or clients would refuse its signatures; in any case with `resign`.
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
  /**
   * The same bytes in another distribution or derivative, without a copy. What would be pruned at once is left out,
   * unless a selector names that version.
   *
   * @throws as `publish`
   */
  promote(request: PromoteRequest): Promise<PublishResult>;
  /** Begins to gather packages of an instance that are to be published together, however many. */
  stage(ref: Omit<RepositoryRef, 'distribution'>): Staging;
  /**
   * A new publication that holds what an earlier one held: dates never go back.
   *
   * @throws Failure `rejected` when that revision, or a derivative or architecture of it, is gone
   */
  rollback(request: RollbackRequest): Promise<PublishResult>;
  /** The packages of a publication, by name, then version, then architecture. */
  list(query: ListQuery): PublishedPackage[];
  /** The same, page by page as they are asked for and in no order that people know. */
  packages(query: ListQuery): Generator<PublishedPackage>;
  /** The publications of a repository, newest first; `before` a revision. */
  publications(query: RepositoryRef & { limit?: number; before?: number }): Publication[];
  publication(ref: RepositoryRef, revision: number): Publication | undefined;
  /**
   * The content that a version of a package had in earlier publications that are kept, the latest that is not `content`,
   * and which of them had it last: nothing else may take that version.
   */
  former(ref: RepositoryRef, one: PackageIdentity & { content: string }): { content: string; last: number } | undefined;
  /** The versions that packages of a name have, and had in publications that are kept. */
  versions(ref: RepositoryRef, name: string): string[];
  /** Comps, advisories or modules that a repository passes through now, not compressed. */
  metadata(ref: RepositoryRef, of: Required<Omit<ExtraMetadata, 'content'>>): Uint8Array | undefined;
  /** The publications that are kept, by their numbers; undefined before the first. */
  revisions(ref: RepositoryRef): { oldest: number; current: number } | undefined;
  /** What one publication changed, page by page as it is asked for: of the oldest that is kept, all it holds. */
  changes(ref: RepositoryRef, revision: number): Generator<{ change: 'added' | 'removed'; package: PublishedPackage }>;
  /** Removes publications, indexes, packages and pool files that nobody needs any more; safe beside publishing. */
  collect(request: CollectRequest): Promise<CollectReport>;
  /** Reads everything again and tells what is not as it was recorded; mends what can be, unless it is a dry run. */
  check(request: CheckRequest): Promise<CheckReport>;
  /**
   * The packages that stay and need what only those that go provide, and those that need these. What other repositories
   * provide is not known.
   *
   * @param add what comes meanwhile
   * @param options.revision the publication that it is about, the present one by default
   * @throws the signal's reason
   */
  impact(
    ref: RepositoryRef,
    remove: readonly PackageSelector[],
    add?: readonly PublishedPackage[],
    options?: { revision?: number; signal?: AbortSignal },
  ): Promise<Impact[]>;
  /** Writes `/<instance>/keyring.asc`, and per repository a ready `.sources` or `.repo` file. Idempotent. */
  publishAccess(request: AccessRequest): Promise<void>;
  /**
   * Finishes or forgets what a crash left half done; call it once at start, before anything else. What cannot be done
   * for one repository holds up no other: see `troubles`.
   */
  recover(): Promise<{ finished: number; forgotten: number }>;
  /** Repositories that clients are not given as they should be, until something is published or found well again. */
  troubles(): Trouble[];
  close(): void;
}
