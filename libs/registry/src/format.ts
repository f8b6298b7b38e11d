import type { RelationReader } from './engine/need.ts';
import type { IndexList, RenderedList } from './indexes/list.ts';
import type { PublishedPackage } from './model/package.ts';
import type { ManifestEntry, Publication } from './model/publication.ts';
import type { PackageFormat, Repository, RepositorySigner } from './model/repository.ts';
import type { WriteStep } from './model/requests.ts';
import type { Wave } from './shared/wave.ts';

export type Step = (step: WriteStep) => Promise<void>;

/** What versions of source packages are told by. */
export type SourcedFacts = Pick<PublishedPackage, 'version' | 'architecture' | 'source'>;

/** A file of an RPM repository that is passed through. */
export interface PassedThrough {
  derivative: string;
  /** An architecture, or `source`. */
  directory: string;
  type: string;
  /** Not compressed. */
  content(): Uint8Array;
}

/** What a format is given to write a publication of. */
export interface Writing<R extends Repository = Repository> {
  definition: R;
  /** The present publication, whose files may be taken over. */
  head: Publication | undefined;
  next: Pick<Publication, 'revision' | 'previous' | 'created'>;
  lists: readonly IndexList[];
  /** The lists that changed, by key; the others are as in `head`. */
  rendered: ReadonlyMap<string, RenderedList>;
  passedThrough: readonly PassedThrough[];
  /** Nothing that is on the disk is to be taken over. */
  rewrite: boolean;
  /** Sign everything again, also what does not change. */
  resign: boolean;
  signer: RepositorySigner;
  wave: Wave;
  scratch: string;
  /** To be told `manifest` once everything but the signatures is staged. */
  step: Step;
}

/** A publication that is staged; it has its names once the wave settles. */
export interface Written {
  manifest: ManifestEntry[];
  /** Files that were written, by absolute path. */
  files: { path: string; size: number; sha256: string }[];
  /** Checks what is on the disk as clients do, with the public key. @throws when a signature is not good */
  checkSignatures(): Promise<void>;
}

/** A file that a publication needs. */
export interface NeededFile {
  /** Absolute. */
  path: string;
  /** What it holds; null for what no manifest tells of: links, and what is signed. */
  content: { size: number; sha256: string } | null;
  /** Each publication puts its own in this place: there is that of the present one, whoever needs it. */
  replaced: boolean;
}

/** A publication that is given to clients. */
export interface Switching<R extends Repository = Repository> {
  definition: R;
  publication: Publication;
  /** What clients see now; all that is served is looked at when it is not known. */
  before: Publication | undefined;
  scratch: string;
  step: Step;
}

/** The keys of an instance as clients are given them. */
export interface PublishedKeys {
  /** Armoured, of all that sign. */
  publicKey: string;
  /** Files in the instance's directory with the keys that sign, and with those whose signatures packages still carry. */
  files: string[];
}

/**
 * What APT and RPM repositories do each in their way: which lists they have, what clients start from, and in which
 * order it changes. Everything else is the engine's. One object serves all repositories of a format, side by side; for
 * one repository its functions are never called at the same time.
 */
export interface RepositoryFormat<R extends Repository = Repository> {
  id: PackageFormat;
  compareVersions(a: string, b: string): number;
  /** The version of a package's source as `compareVersions` orders it, as far as this package alone tells. */
  sourceVersion(facts: SourcedFacts): string;
  relations: RelationReader;
  /** What to do about a version that is taken by other content. */
  hintForTaken(version: string): string;
  /**
   * Architectures of packages that clients find in one list with those of this one, and under one name and version take
   * for the same; itself as well.
   */
  rivals(definition: R, architecture: string): string[];
  /** Architectures of packages that the repository takes. */
  architectures(definition: R): string[];
  /** Directories of a derivative that metadata can be passed through in. */
  directories(definition: R): string[];
  /** @throws Failure `rejected` for a name that cannot be, or what clients refuse to see changed */
  checkDefinition(wanted: R, published: R | undefined): void;
  /** The part of a definition that publications depend on. */
  essence(definition: R): unknown;
  /** The least time between two publications that clients tell apart by their date, in milliseconds. */
  secondsApart: number;
  /** What pool paths start from. */
  root(tree: string, instance: string): string;
  /** Every list that a repository has, empty or not. @param udebs whether a derivative holds any */
  lists(definition: R, udebs: (derivative: string) => boolean): IndexList[];
  /** The entries of a list in a manifest; none when it is not in there. */
  entriesOf(list: IndexList, manifest: readonly ManifestEntry[]): ManifestEntry[];
  write(tree: string, writing: Writing<R>): Promise<Written>;
  /** The directory that holds the indexes of a distribution, and nothing else. */
  top(tree: string, definition: R): string;
  /** The revision that a directory below `top` is of; undefined for one that revisions share. */
  revisionOf(directory: string): number | undefined;
  /** Every file below `top` that a publication needs, those with plain names included. */
  filesOf(tree: string, definition: R, publication: Pick<Publication, 'revision' | 'manifest'>): NeededFile[];
  /** Removes what was written of a revision that did not become one. */
  forget(tree: string, definition: R, revision: number): Promise<void>;
  /** The revisions after `head` that somebody began to write. */
  abandoned(tree: string, definition: R, head: number): Promise<number[]>;
  /** Makes a directory in which clients find a publication by `file:` URLs as they will. */
  stage(tree: string, definition: R, publication: Publication, directory: string): Promise<void>;
  /**
   * Gives a publication the names that clients know, each by one rename. Idempotent: called again it does what is left.
   *
   * @returns whether anything was left to do
   */
  switchTo(tree: string, switching: Switching<R>): Promise<boolean>;
  /**
   * Checks the publication that is the head as clients do, by the names that they know.
   *
   * @throws what keeps them from accepting it
   */
  checkServed(tree: string, definition: R, publication: Publication, signer: RepositorySigner): Promise<void>;
  /** The ready source that clients are handed out; undefined where they need none. */
  accessPath(tree: string, definition: R): string | undefined;
  /** Writes what clients are handed out: a ready source. */
  writeAccess(tree: string, definition: R, keys: PublishedKeys, scratch: string): Promise<void>;
}
