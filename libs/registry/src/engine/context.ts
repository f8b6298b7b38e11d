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
  /** The revision that clients were last given, by `keyOfRepository`; none when a switch may be half done. */
  served: Map<string, number>;
}

/** Tells repositories apart. */
export function keyOfRepository({ instance, format, distribution }: RepositoryRef | Repository): string {
  return `${instance}/${format}/${distribution}`;
}
