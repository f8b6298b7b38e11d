import type { Failure } from '@fatbuildr/domain';
import type { RepositoryFormat } from '../format.ts';
import type { Beginnings } from '../indexes/beginnings.ts';
import type { RegistryOptions } from '../model/registry.ts';
import type { Repository, RepositoryRef } from '../model/repository.ts';
import type { Store } from '../store/store.ts';
import type { Claims } from './claims.ts';

/** What writers of repositories share. */
export interface WriterContext extends Pick<RegistryOptions, 'tree' | 'signerFor' | 'gate'> {
  scratch: string;
  store: Store;
  clock: () => number;
  claims: Claims;
  beginnings: Beginnings;
  /** How long a large list may be behind, in milliseconds. */
  lagMs: number;
  formatOf(ref: Pick<RepositoryRef, 'format'>): RepositoryFormat;
  /**
   * The revision that clients were last given, by `keyOfRepository`: none while a switch may be half done, and why where
   * it could not be done.
   */
  served: Map<string, number | Failure>;
}

/** Tells repositories apart. */
export function keyOfRepository({ instance, format, distribution }: RepositoryRef | Repository): string {
  return `${instance}/${format}/${distribution}`;
}
