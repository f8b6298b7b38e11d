import type { PackageSelector, PublishedPackage } from './package.ts';
import type { RepositoryRef } from './repository.ts';
import type { LeftOut } from './staging.ts';

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
  /** What was to be promoted and is not, as it would be pruned at once. Not known of a task that is asked again. */
  leftOut?: LeftOut[];
  /** Comps, advisories and modules that are passed on as they were not before. */
  metadata: { derivative: string; type: string; architecture: string }[];
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

export interface ListQuery extends RepositoryRef, PackageSelector {
  /** The present one by default. */
  revision?: number;
}

/** What a collection removed, or would remove. Bytes are those on the disk. */
export interface CollectReport {
  publications: number;
  packages: number;
  files: number;
  bytes: number;
}

/** A package that could not be installed any more, or may not be. */
export interface Impact {
  package: PublishedPackage;
  /** The relation that nothing satisfies, as the package has it. */
  needs: string;
  /** False where the repository alone cannot tell: what else is installed, or seen, decides. */
  certain: boolean;
}
