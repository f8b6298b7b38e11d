import { join } from 'node:path';
import type { RpmRepository } from './types.ts';

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
  /** A target's directory, relative to `top`. */
  directory(target: Pick<RpmTarget, 'derivative' | 'directory'>): string;
}

/** Where pool paths begin, below the instance's `rpm`; so no distribution is called that. */
export const POOL = 'pool';

export function rpmLayoutOf(tree: string, instance: string, distribution: string): RpmLayout {
  const root = join(tree, instance, 'rpm');
  return {
    root,
    top: join(root, distribution),
    directory: ({ derivative, directory }) => `${derivative}/${directory}`,
  };
}

/** The directory of a revision's lists, which never change: relative to `top`. */
export function snapshotOf(directory: string, revision: number): string {
  return `${directory}/snapshots/${revision}`;
}

/** Every directory that a repository has, empty or not. */
export function targetsOf({ derivatives, architectures }: RpmRepository): RpmTarget[] {
  return derivatives.flatMap((derivative) => [
    ...architectures.map((directory) => ({
      derivative,
      directory,
      architectures: [...(COMPATIBLE[directory] ?? [directory]), 'noarch'],
    })),
    { derivative, directory: 'source', architectures: ['src'] },
  ]);
}

/** Architectures of packages that a base architecture's repository holds, where they are several (dnf's `$basearch`). */
const COMPATIBLE: Record<string, string[]> = {
  i386: ['i386', 'i486', 'i586', 'i686'],
  x86_64: ['x86_64', 'x86_64_v2', 'x86_64_v3', 'x86_64_v4'],
  armhfp: ['armv7hl', 'armv7hnl'],
};
