import { dirname, join } from 'node:path';
import type { AptRepository } from '../model/repository.ts';

/** Where everything of a repository is in the registry tree. */
export interface Layout {
  /** What pool paths start from: `/<instance>/deb`. */
  root: string;
  /** `/<instance>/deb/dists/<distribution>`. */
  dists: string;
  /** Release, Release.gpg and InRelease of one revision, kept as they were signed. */
  revision(revision: number): string;
  /** Where the revisions are. */
  revisions: string;
  /** The file of an index under the name that never changes its content. */
  byHash(entry: { path: string; sha256: string }): string;
}

/** In a distribution: a directory for each revision. */
export const REVISIONS = 'by-revision';

export function layoutOf(
  tree: string,
  { instance, distribution }: Pick<AptRepository, 'instance' | 'distribution'>,
): Layout {
  const root = join(tree, instance, 'deb');
  const dists = join(root, 'dists', distribution);
  const revisions = join(dists, REVISIONS);
  return {
    root,
    dists,
    revisions,
    revision: (revision) => join(revisions, String(revision)),
    byHash: ({ path, sha256 }) => join(dists, dirname(path), 'by-hash', 'SHA256', sha256),
  };
}
