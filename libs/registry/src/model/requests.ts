import type { IngestedPackage, PackageSelector } from './package.ts';
import type { Repository } from './repository.ts';

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

export interface CollectRequest {
  instance: string;
  /** What was replaced less than this long (ms) ago stays. */
  graceMs: number;
  /** So many of the newest publications of each repository stay, however old. */
  keepPublications: number;
  dryRun: boolean;
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
