import type { EnvironmentOrder } from '@fatbuildr/domain';
import type { NewTree, UsedTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';

/** A new generation of an environment on its way. */
export interface Making {
  host: Host;
  job: Job<EnvironmentOrder>;
  image: UsedTree;
  /** Holds a copy of the current one when that is to be updated. */
  tree: NewTree;
  operation: 'create' | 'update';
}
