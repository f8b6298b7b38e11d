import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptEntry, environmentSources } from '@fatbuildr/config';
import type { Mount } from '@fatbuildr/containers';
import { type EnvironmentOrder, Failure } from '@fatbuildr/domain';
import { cowbuilderCreateCommand, cowbuilderUpdateCommand, pbuilderrc } from '@fatbuildr/formats';
import { execa } from 'execa';
import { environmentId, imageId } from '../trees/tree-id.ts';
import type { NewTree, UsedTree } from '../trees/tree-store.ts';
import type { Host } from './host.ts';
import type { Job, Work } from './job.ts';
import { openProxiedNetwork } from './proxied-network.ts';
import { exitStatus, runInImage } from './run-in-image.ts';

/** Where the new generation is in the container. */
const INSIDE = '/build/environment';

/** Makes a new generation of a build environment: from nothing, or from the current one with its packages brought up to date. */
export function environment(host: Host): Work<EnvironmentOrder> {
  return async (job) => {
    const { recipe, operation, force } = job.order;
    const id = environmentId(recipe);
    const held = await host.trees.current(id);
    if (operation === 'create' && held && !force) {
      job.log.line(
        `The environment exists already: ${held.name}, generation ${held.generation}. Use --force to make a new one.`,
      );
      return { build: null };
    }
    const create = `fatbuildrctl images env-create --instance ${recipe.instance} -f ${recipe.format}`;
    const image = await host.trees.use(imageId(recipe.format, host.architecture), 'fatbuildrctl images create -f deb');
    job.defer(async () => image.release());
    const base = operation === 'update' ? await host.trees.use(id, create) : undefined;
    job.defer(async () => {
      base?.release();
      await host.trees.collect();
    });
    await job.api.trees({ image: image.held.generation, environment: base?.held.generation ?? null });
    await job.phase(operation, () => make(host, job, image, base));
    await host.changed();
    return { build: null };
  };
}

async function make(
  host: Host,
  job: Job<EnvironmentOrder>,
  image: UsedTree,
  base: UsedTree | undefined,
): Promise<void> {
  const { recipe } = job.order;
  const sources = environmentSources(recipe, await host.mirrors());
  const tree = await host.trees.begin(environmentId(recipe));
  try {
    await mkdir(join(tree.directory, 'copies'));
    if (base) await execa('cp', ['-a', '--reflink=auto', '--', `${base.root}/.`, tree.root]);
    // cowbuilder makes it itself, and refuses one that is there.
    else await rmdir(tree.root);
    await runCowbuilder(host, job, image, tree, sources, base ? 'update' : 'create');
    const { generation, bytes } = await tree.publish();
    job.log.line(
      `environment ${recipe.name}: generation ${generation}${bytes === null ? '' : `, ${Math.round(bytes / 1e6)} MB`}`,
    );
  } finally {
    await tree.discard();
  }
}

async function runCowbuilder(
  host: Host,
  job: Job<EnvironmentOrder>,
  image: UsedTree,
  tree: NewTree,
  sources: readonly AptEntry[],
  operation: 'create' | 'update',
): Promise<void> {
  const { recipe } = job.order;
  const [main, ...others] = sources;
  if (!main) throw new Error('an environment has one source at least');
  const network = await openProxiedNetwork(
    host,
    job,
    [...new Set(sources.map(({ uri }) => uri))].map((url) => ({ url })),
  );
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
