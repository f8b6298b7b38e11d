import { join, relative } from 'node:path';
import type { ManifestEntry } from '../model/publication.ts';
import type { RpmRepository } from '../model/repository.ts';

/** One directory of packages with lists of its own. */
export interface RpmTarget {
  derivative: string;
  /** The directory: an architecture, or `source`. */
  directory: string;
  /** Architectures of the packages that go in. */
  architectures: string[];
}

/** Where everything of a repository is in the registry tree. */
export interface RpmLayout {
  /** What pool paths start from: `/<instance>/rpm`. */
  root: string;
  /** `/<instance>/rpm/<distribution>`, which the paths of a manifest start from. */
  top: string;
}

/** Where pool paths begin, below the instance's `rpm`; so no distribution is called that. */
export const POOL = 'pool';
/** Where the packages of a directory seem to be: a link to the pool. */
export const PACKAGES = 'packages';
export const HEAD = 'repomd.xml';
export const SIGNATURE = 'repomd.xml.asc';
/** In a directory of packages: what each publication has of its own. */
export const SNAPSHOTS = 'snapshots';
const SNAPSHOT = /^(.+)\/snapshots\/\d+\/repodata\/[^/]+$/;

export function rpmLayoutOf(
  tree: string,
  { instance, distribution }: Pick<RpmRepository, 'instance' | 'distribution'>,
): RpmLayout {
  const root = join(tree, instance, 'rpm');
  return { root, top: join(root, distribution) };
}

/** A target's directory, relative to the distribution's. */
export function directoryOf({ derivative, directory }: Pick<RpmTarget, 'derivative' | 'directory'>): string {
  return `${derivative}/${directory}`;
}

/** The directory of a revision's lists, which never change: relative to the distribution's. */
export function snapshotOf(directory: string, revision: number): string {
  return `${directory}/${SNAPSHOTS}/${revision}`;
}

/** The pool as a link in a directory names it. */
export function poolFrom({ root }: RpmLayout, directory: string): string {
  return relative(directory, join(root, POOL));
}

/** The directory that an entry of a manifest belongs to. */
export function directoryOfEntry({ path }: ManifestEntry): string {
  return SNAPSHOT.exec(path)?.[1] as string;
}

/** Every directory that a repository has, empty or not. */
export function targetsOf({
  derivatives,
  architectures,
}: Pick<RpmRepository, 'derivatives' | 'architectures'>): RpmTarget[] {
  return derivatives.flatMap((derivative) => [
    ...architectures.map((directory) => ({
      derivative,
      directory,
      architectures: [...(COMPATIBLE[directory] ?? [directory]), 'noarch'],
    })),
    { derivative, directory: SOURCE, architectures: ['src'] },
  ]);
}

/** The directory of source packages. */
export const SOURCE = 'source';

/** Architectures of packages that a base architecture's repository holds, where they are several (dnf's `$basearch`). */
const COMPATIBLE: Record<string, string[]> = {
  i386: ['i386', 'i486', 'i586', 'i686'],
  x86_64: ['x86_64', 'x86_64_v2', 'x86_64_v3', 'x86_64_v4'],
  armhfp: ['armv7hl', 'armv7hnl'],
};
