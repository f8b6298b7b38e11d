import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, type RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { BUILD_PACKAGES, BUILD_USER } from '@fatbuildr/formats';
import { openDnf } from '../rpm/dnf.ts';
import type { Making } from './making.ts';

/** Makes the environment of an rpm distribution with the dnf of the tool image, or brings the copy that is there up to date. */
export async function makeRpmEnvironment(making: Making, recipe: RpmEnvironmentRecipe): Promise<void> {
  const { host, job, image, tree, operation } = making;
  if (recipe.repositories.length === 0) throw noRepositories(recipe);
  for (const { id, gpgkey } of recipe.repositories) {
    if (gpgkey === undefined)
      job.log.line(`warning: packages of the repository ${id} are not checked: it has no gpgkey`);
  }
  const dnf = await openDnf(host, job, image.root, recipe, null);
  const run = async (name: string, args: readonly string[]) => {
    const { status } = await dnf.run({ name, root: tree.root, args });
    if (status !== 0) throw dnfFailed(args[0] ?? '', status);
  };
  if (recipe.modules.length > 0 && operation === 'create')
    await run('modules', ['module', 'enable', ...recipe.modules]);
  await run(operation, operation === 'create' ? ['install', ...BUILD_PACKAGES] : ['upgrade', '--refresh']);
  if (operation === 'create') await addBuildUser(tree.root);
}

/** Not by useradd: what the distribution makes of that differs. */
async function addBuildUser(root: string): Promise<void> {
  const { name, uid, gid, home } = BUILD_USER;
  await mkdir(join(root, 'etc'), { recursive: true });
  await appendFile(join(root, 'etc/passwd'), `${name}:x:${uid}:${gid}::${home}:/bin/sh\n`);
  await appendFile(join(root, 'etc/group'), `${name}:x:${gid}:\n`);
}

function noRepositories({ name }: RpmEnvironmentRecipe): Failure {
  return new Failure('infrastructure-failure', `The environment ${name} has no repositories to be made from.`, {
    hint: 'Set repositories of the distribution in the file of its instance, or use a tool image with mock.',
  });
}

function dnfFailed(what: string, status: number): Failure {
  return new Failure('infrastructure-failure', `dnf ${what} ended with status ${status}.`, {
    hint: 'Its last lines in the log say why.',
  });
}
