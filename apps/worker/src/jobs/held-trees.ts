import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { type EnvironmentRecipe, Failure, type Format } from '@fatbuildr/domain';
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

/**
 * Where the system is that a tree holds, on this host: mock keeps its roots a little deeper. Scripts of packages ran there
 * as root, and a link that they left must not lead to this host's own.
 *
 * @throws Failure `infrastructure-failure` where there is none
 */
export async function systemIn({ root, held }: { root: string; held: Pick<UsedTree['held'], 'builder'> }) {
  if (held.builder !== 'mock') return root;
  const top = join(root, MOCK_ROOT);
  const system = join(top, 'root');
  for (const path of [top, system]) {
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory()) throw noSystem();
  }
  return system;
}

function noSystem(): Failure {
  return new Failure('infrastructure-failure', 'There is no root where mock keeps it.', {
    hint: 'Make the environment anew: fatbuildrctl images env-create -f rpm --force',
  });
}

function untilOver(job: Job, tree: UsedTree): UsedTree {
  job.defer(() => tree.release());
  return tree;
}
