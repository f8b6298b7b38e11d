import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DebEnvironmentRecipe, FarmRepository } from '@fatbuildr/domain';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';
import { exitStatus, runInTree } from '../run-in-image.ts';
import type { ShellPlace } from '../shell-place.ts';
import { aptReadyScript, openAptNetwork } from './apt.ts';

const INSIDE = '/tmp/fatbuildr';
const READY = 'ready';

/** A copy of an environment in which apt is ready as it is for a build. */
export async function besideApt(
  host: Host,
  job: Job,
  {
    root,
    created,
    recipe,
    farm,
  }: {
    root: string;
    /** When the environment was made, ms. */
    created: number;
    recipe: DebEnvironmentRecipe;
    farm: FarmRepository | null;
  },
): Promise<ShellPlace> {
  const { network, proxyUrl } = await openAptNetwork(host, job, recipe, farm);
  const directory = join(job.workspace, 'apt');
  await mkdir(directory);
  await writeFile(join(directory, READY), await aptReadyScript(host, { farm, created, directory, inside: INSIDE }));
  const environment = { LANG: 'C.UTF-8', http_proxy: proxyUrl, https_proxy: proxyUrl };
  const exit = await runInTree(host, job, root, {
    name: 'apt',
    command: ['/bin/sh', `${INSIDE}/${READY}`],
    network,
    environment: { ...environment, DEBIAN_FRONTEND: 'noninteractive' },
    mounts: [{ source: directory, target: INSIDE, readOnly: true }],
  });
  if (exitStatus(exit) !== 0) job.log.line('warning: the package lists are old; apt-get update will say why');
  return { root, network, environment };
}
