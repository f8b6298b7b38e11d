import type { BuildDebOrder } from '@fatbuildr/domain';
import { environmentId, imageId } from '../../trees/tree-id.ts';
import type { Host } from '../host.ts';
import type { Job, Work } from '../job.ts';
import { checkPackages } from './check.ts';
import { collect } from './collect.ts';
import { type DebBuild, prepareWorkspace } from './deb-build.ts';
import { openEnvironment } from './environment.ts';
import { openBuildNetwork } from './network.ts';
import { runPbuilder } from './pbuilder.ts';
import { makeSourcePackage } from './source-package.ts';
import { fetchSources, inspect } from './sources.ts';

/** Builds a Debian package: from an artifact definition or a ready source package to files that the api has. */
export function buildDeb(host: Host): Work<BuildDebOrder> {
  return async (job) => {
    const build = await begin(host, job);

    const source = await job.phase('sources', async () => {
      const plan = await inspect(build);
      return plan.kind === 'dsc' ? plan : fetchSources(build, plan);
    });
    const { chroot, network } = await job.phase('environment', async () => ({
      chroot: await openEnvironment(build),
      network: await openBuildNetwork(build),
    }));
    const sourcePackage =
      source.kind === 'dsc' ? source : await job.phase('source-package', () => makeSourcePackage(build, source));
    await runPbuilder(build, { sourcePackage, chroot, network });
    const result = await job.phase('collect', () => collect(build, sourcePackage));

    return { build: result, after: () => job.phase('check', () => checkPackages(build, result)) };
  };
}

/** Takes the trees that the build runs on, which fails at once when one is missing, and tells the api which they are. */
async function begin(host: Host, job: Job<BuildDebOrder>): Promise<DebBuild> {
  const { recipe, target } = job.order;
  const image = await host.trees.use(imageId('deb', host.architecture), 'fatbuildrctl images create -f deb');
  job.defer(async () => image.release());
  const environment = await host.trees.use(
    environmentId(recipe),
    `fatbuildrctl images env-create --instance ${recipe.instance} -f deb -d ${target.distribution}`,
  );
  job.defer(async () => environment.release());
  job.log.line(`image ${image.held.generation}, environment ${recipe.name} ${environment.held.generation}`);
  await job.api.trees({ image: image.held.generation, environment: environment.held.generation });
  return { host, job, image, environment, directory: await prepareWorkspace(job.workspace) };
}
