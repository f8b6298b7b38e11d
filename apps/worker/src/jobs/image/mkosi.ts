import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, type Format, type ImageOrder } from '@fatbuildr/domain';
import { mkosiArchitecture } from '@fatbuildr/formats';
import { writeAptSources } from '../../trees/apt-sources.ts';
import { imageArchives } from '../../trees/image-archives.ts';
import type { NewTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { followMkosi } from '../mkosi-output.ts';
import { openProxiedNetwork } from '../proxied-network.ts';
import { exitStatus, runInImage } from '../run-in-image.ts';

/** Where things are in the container. */
const DEFINITION = '/fatbuildr/image';
const SANDBOX = '/fatbuildr/sandbox';
const OUTPUT = '/fatbuildr/output';

/** Has mkosi make the image that `images/<format>` defines, as the tree of the new generation. */
export async function runMkosi(host: Host, job: Job<ImageOrder>, bootstrap: string, tree: NewTree): Promise<void> {
  const { format, recipe } = job.order;
  const { options, sources, allow } = imageArchives(format, recipe, await host.mirrors());
  const sandbox = join(job.workspace, 'sandbox');
  await mkdir(sandbox);
  if (sources.length > 0) await writeAptSources(sandbox, sources);
  const network = await openProxiedNetwork(host, job, allow);
  job.log.line(`making the ${format} image of ${recipe.distribution} ${recipe.release} from ${allow[0]?.url}`);
  // mkosi makes it itself, and refuses one that is there.
  await rmdir(tree.root);
  const output = followMkosi(job);
  const exit = await runInImage(host, job, bootstrap, {
    name: 'mkosi',
    command: [
      'mkosi',
      ...[`--directory=${DEFINITION}`, `--sandbox-tree=${SANDBOX}`, `--proxy-url=${network.proxyUrl}`],
      ...[`--distribution=${recipe.distribution}`, `--release=${recipe.release}`],
      `--architecture=${mkosiArchitecture(host.architecture)}`,
      ...options,
      ...recipe.packages.map((name) => `--package=${name}`),
      ...[`--output-directory=${OUTPUT}`, `--workspace-directory=${OUTPUT}`, '--output=tree'],
      'build',
    ],
    network: network.network,
    environment: { LANG: 'C.UTF-8' },
    mounts: [
      { source: join(host.code, 'images', format), target: DEFINITION, readOnly: true },
      { source: sandbox, target: SANDBOX, readOnly: true },
      { source: tree.directory, target: OUTPUT },
    ],
    onOutput: output.onOutput,
  }).finally(output.end);
  job.log.line(network.summary());
  const failure = output.failure(exitStatus(exit));
  if (failure) throw unmade(format, failure);
}

/** What is missing in the archive is missing at the next attempt too. */
function unmade(format: Format, { outcome, message }: Failure): Failure {
  const text = `mkosi could not make the ${format} image: ${message}`;
  if (outcome === 'dependency-failure') {
    return new Failure(outcome, text, {
      hint: `Correct images.${format}.packages of fatbuildr.yml, or name an archive that has them in images.${format}.mirror.`,
    });
  }
  return new Failure('infrastructure-failure', text, {
    hint: `The last lines of its log say more. What it fetches comes from images.${format}.mirror.`,
  });
}
