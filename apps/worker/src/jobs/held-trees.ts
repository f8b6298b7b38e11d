import { join } from 'node:path';
import type { EnvironmentRecipe, Format } from '@fatbuildr/domain';
import { MOCK_ROOT } from '@fatbuildr/formats';
import { environmentId, imageId } from '../trees/tree-id.ts';
import type { UsedTree } from '../trees/tree-store.ts';
import type { Host } from './host.ts';
import type { Job } from './job.ts';

/** The tool image of a format, until the job is over. @throws Failure `infrastructure-failure` where there is none */
export async function useImage(host: Host, job: Job, format: Format): Promise<UsedTree> {
  const create = `fatbuildrctl images create -f ${format}`;
  return untilOver(job, await host.trees.use(imageId(format, host.architecture), create));
}

/** A build environment, until the job is over. @throws Failure `infrastructure-failure` where there is none */
export async function useEnvironment(
  host: Host,
  job: Job,
  recipe: EnvironmentRecipe,
  distribution?: string,
): Promise<UsedTree> {
  const only = distribution === undefined ? '' : ` -d ${distribution}`;
  const create = `fatbuildrctl images env-create --instance ${recipe.instance} -f ${recipe.format}${only}`;
  return untilOver(job, await host.trees.use(environmentId(recipe), create));
}

/** Where the system is that a tree holds, on this host: mock keeps its roots a little deeper. */
export function systemIn({ root, held }: Pick<UsedTree, 'root' | 'held'>): string {
  return held.builder === 'mock' ? join(root, MOCK_ROOT, 'root') : root;
}

function untilOver(job: Job, tree: UsedTree): UsedTree {
  job.defer(() => tree.release());
  return tree;
}
