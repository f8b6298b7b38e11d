import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptEntry, environmentSources } from '@fatbuildr/config';
import type { Mount } from '@fatbuildr/containers';
import { type DebEnvironmentRecipe, Failure } from '@fatbuildr/domain';
import { cowbuilderCreateCommand, cowbuilderUpdateCommand, pbuilderrc } from '@fatbuildr/formats';
import { openAptNetwork } from '../deb/apt.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';
import type { Making } from './making.ts';

/** Where the new generation is in the container. */
const INSIDE = '/build/environment';

/** Makes the environment of a deb distribution with cowbuilder, or brings the copy that is there up to date. */
export async function makeDebEnvironment(
  { host, job, image, tree, operation }: Making,
  recipe: DebEnvironmentRecipe,
): Promise<void> {
  const sources = environmentSources(recipe, await host.mirrors());
  await mkdir(join(tree.directory, 'copies'));
  // cowbuilder makes it itself, and refuses one that is there.
  if (operation === 'create') await rmdir(tree.root);
  const [main, ...others] = sources;
  if (!main) throw new Error('an environment has one source at least');
  const network = await openAptNetwork(host, job, recipe, null);
  const config = join(job.workspace, 'pbuilderrc');
  await writeFile(config, pbuilderrc({ httpProxy: network.proxyUrl }) + furtherSources(others, main.signedBy));
  const trees = { base: `${INSIDE}/tree`, copies: `${INSIDE}/copies`, config: '/build/pbuilderrc' };
  const command =
    operation === 'update'
      ? cowbuilderUpdateCommand(trees)
      : cowbuilderCreateCommand({
          ...trees,
          distribution: main.suite,
          architecture: recipe.architecture,
          mirror: main.uri,
          components: main.components,
          ...(main.signedBy === undefined ? {} : { keyring: main.signedBy }),
        });
  job.log.line(`from ${sources.map(({ uri, suite }) => `${uri} ${suite}`).join(', ')}`);
  const exit = await runInImage(host, job, image.root, {
    name: operation,
    command: command as [string, ...string[]],
    network: network.network,
    environment: { LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    mounts: [
      { source: tree.directory, target: INSIDE },
      { source: config, target: '/build/pbuilderrc', readOnly: true },
      ...keyringMount(main),
    ],
  });
  job.log.line(network.summary());
  const status = exitStatus(exit);
  if (status === 0) return;
  throw new Failure('infrastructure-failure', `cowbuilder --${operation} ended with status ${status}.`, {
    hint: 'Its last lines in the log say why.',
  });
}

/** What pbuilder adds to the sources of the environment, and the keyrings that it takes over into it. */
function furtherSources(others: readonly AptEntry[], keyring: string | undefined): string {
  const lines = others.map(({ uri, suite, components }) => `deb ${uri} ${suite} ${components.join(' ')}`);
  return [
    `OTHERMIRROR="${lines.join('|')}"`,
    ...(keyring === undefined ? [] : [`APTKEYRINGS=("${keyring}")`]),
    '',
  ].join('\n');
}

/** The host's keyring of the archive, at its own path: the image may not have it. */
function keyringMount({ signedBy }: AptEntry): Mount[] {
  return signedBy === undefined ? [] : [{ source: signedBy, target: signedBy, readOnly: true }];
}
