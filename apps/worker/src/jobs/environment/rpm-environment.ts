import { join } from 'node:path';
import { Failure, type RpmBuilder, type RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { BUILD_PACKAGES, BUILD_USER } from '@fatbuildr/formats';
import type { UsedTree } from '../../trees/tree-store.ts';
import { openDnf } from '../rpm/dnf.ts';
import { hasMock, openMock } from '../rpm/mock.ts';
import { exitStatus, runInTree } from '../run-in-image.ts';
import type { Making } from './making.ts';

/** What makes an environment and then builds in it: as configured, else mock where the tool image has it. */
export async function builderFor(image: UsedTree, { builder }: RpmEnvironmentRecipe): Promise<RpmBuilder> {
  return builder ?? ((await hasMock(image)) ? 'mock' : 'rpmbuild');
}

/** Makes the environment of an rpm distribution, or brings the copy that is there up to date. */
export async function makeRpmEnvironment(
  making: Making,
  recipe: RpmEnvironmentRecipe,
  builder: RpmBuilder,
): Promise<void> {
  making.job.log.line(`builder: ${builder}`);
  for (const { id, gpgkey } of recipe.repositories) {
    if (gpgkey === undefined) {
      making.job.log.line(`warning: packages of the repository ${id} are not checked: it has no gpgkey`);
    }
  }
  await (builder === 'mock' ? withMock(making, recipe) : withDnf(making, recipe));
}

/** As mock makes it: the directory of its roots. */
async function withMock({ host, job, image, tree, operation }: Making, recipe: RpmEnvironmentRecipe): Promise<void> {
  const mock = await openMock(host, job, image, recipe, { base: tree.root, tag: undefined, farm: null });
  const { status } = await mock.run({
    name: operation,
    args: [operation === 'create' ? '--init' : '--update'],
    result: join(job.workspace, 'mock'),
  });
  if (status !== 0) throw toolFailed('mock', operation, status);
}

/** From outside, by the dnf of the tool image. */
async function withDnf(making: Making, recipe: RpmEnvironmentRecipe): Promise<void> {
  const { host, job, image, tree, operation } = making;
  if (recipe.repositories.length === 0) throw noRepositories(recipe);
  const dnf = await openDnf(host, job, image.root, recipe, null);
  const run = async (name: string, args: readonly string[]) => {
    const { status } = await dnf.run({ name, root: tree.root, args });
    if (status !== 0) throw toolFailed('dnf', args[0] ?? '', status);
  };
  if (recipe.modules.length > 0 && operation === 'create')
    await run('modules', ['module', 'enable', ...recipe.modules]);
  await run(operation, operation === 'create' ? ['install', ...BUILD_PACKAGES] : ['upgrade', '--refresh']);
  if (operation === 'create') await addBuildUser(making);
}

const ADD_USER = 'mkdir -p /etc && echo "$1" >>/etc/passwd && echo "$2" >>/etc/group';

/**
 * Not by useradd: what the distribution makes of that differs. From within: scripts of packages wrote to the tree as root,
 * and a link that they left there must not have this host write for them.
 */
async function addBuildUser({ host, job, tree }: Making): Promise<void> {
  const { name, uid, gid, home } = BUILD_USER;
  const lines = [`${name}:x:${uid}:${gid}::${home}:/bin/sh`, `${name}:x:${gid}:`];
  const exit = await runInTree(host, job, tree.root, {
    name: 'user',
    command: ['/bin/sh', '-c', ADD_USER, 'sh', ...lines],
  });
  const status = exitStatus(exit);
  if (status !== 0) throw toolFailed('The shell of the environment', 'that adds the user of builds', status);
}

function noRepositories({ name }: RpmEnvironmentRecipe): Failure {
  return new Failure('infrastructure-failure', `The environment ${name} has no repositories to be made from.`, {
    hint: 'Set repositories of the distribution in the file of its instance, or use a tool image with mock.',
  });
}

function toolFailed(tool: string, what: string, status: number): Failure {
  return new Failure('infrastructure-failure', `${tool} ${what} ended with status ${status}.`, {
    hint: 'Its last lines in the log say why.',
  });
}
