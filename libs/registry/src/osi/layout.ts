import { dirname, join } from 'node:path';
import type { ManifestEntry } from '../model/publication.ts';
import type { ImageRepository } from '../model/repository.ts';

/** One checksum file for all images of a derivative, and its detached signature; called as in Fatbuildr 2.1. */
export const CHECKSUMS = 'SHA256SUMS';
export const SIGNATURE = 'SHA256SUMS.gpg';
/** Where pool paths begin, below the instance's `osi`; so no distribution is called that. */
export const POOL = 'pool';
/** In a derivative, beside the names that clients know: checksums and signature of each publication. */
export const SNAPSHOTS = 'snapshots';

/** What pool paths start from: `/<instance>/osi`. */
export function osiRoot(tree: string, instance: string): string {
  return join(tree, instance, 'osi');
}

/** `/<instance>/osi/<distribution>`, which the paths of a manifest start from. */
export function osiTop(
  tree: string,
  { instance, distribution }: Pick<ImageRepository, 'instance' | 'distribution'>,
): string {
  return join(osiRoot(tree, instance), distribution);
}

/** The directory of a revision's checksums, which never change: relative to the distribution's. */
export function snapshotOf(derivative: string, revision: number): string {
  return `${derivative}/${SNAPSHOTS}/${revision}`;
}

/** The derivative that an entry of a manifest belongs to. */
export function derivativeOf({ path }: Pick<ManifestEntry, 'path'>): string {
  return dirname(dirname(dirname(path)));
}

/** The directory of an image in the pool. */
export function inPool({ name, digest }: { name: string; digest: string }): string {
  return `${POOL}/${name.slice(0, 1)}/${name}/${digest.slice(0, 32)}`;
}
