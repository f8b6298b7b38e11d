import { join } from 'node:path';
import type { OsiRepository } from './types.ts';

/** One checksum file for all images of a derivative, and its detached signature; called as in Fatbuildr 2.1. */
export const CHECKSUMS = 'SHA256SUMS';
export const SIGNATURE = 'SHA256SUMS.gpg';

/** The path of a repository below the registry, which its URL has too. */
export function osiPath({ instance, distribution, derivative }: OsiRepository): string {
  return `${instance}/osi/${distribution}/${derivative}`;
}

/** Where everything of a repository is in the registry tree. */
export interface OsiLayout {
  /** Where clients look: images, `SHA256SUMS` and its signature. */
  top: string;
  /** Checksums and signature of each publication, which never change. */
  revisions: string;
  /** A link to the directory of the current one: what it names is published. */
  head: string;
}

export function osiLayout(tree: string, repository: OsiRepository): OsiLayout {
  const top = join(tree, osiPath(repository));
  return { top, revisions: join(top, 'revisions'), head: join(top, 'revisions', 'current') };
}
