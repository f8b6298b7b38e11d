import type { Publication } from '../model/publication.ts';
import type { Repository } from '../model/repository.ts';
import type { ChangeRequest } from '../model/requests.ts';
import type { StoredRepository } from '../store/rows.ts';
import type { Addition, Plan, RepositoryView } from './plan.ts';

/** Keeps collectors from what is to be added. */
export type Hold = (additions: readonly Addition[]) => void;

/** A request as the engine sees it, whatever its kind. */
export interface Change extends Pick<ChangeRequest, 'commit' | 'step'> {
  definition: Repository;
  task: string | null;
  /** It shares a publication with no other. */
  alone: boolean;
  /** Whether newer versions that it brings push old ones out. */
  prunes: boolean;
  /** Publish also when nothing changes. */
  always(head: Publication): boolean;
  /** Sign again what stays. */
  resign: boolean;
  /** Publish and sign again also when clients would refuse the signatures that they are given. */
  ensures?: true;
  /** Make every index anew, also where nothing in it changes: what is on the disk is not to be relied on. */
  rewrite?: true;
  /** Names of packages and source packages that it is about, as far as the request tells. */
  about: string[];
  /**
   * @param hold to be called with rows that other publications or repositories may lose, before anything is waited for
   * @throws Failure `rejected`
   */
  plan(view: RepositoryView, stored: StoredRepository | undefined, hold: Hold): Plan | Promise<Plan>;
}
