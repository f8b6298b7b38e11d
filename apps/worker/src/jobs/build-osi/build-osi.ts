import type { BuildOsiOrder } from '@fatbuildr/domain';
import { type Build, prepareWorkspace } from '../build/build.ts';
import { useImage } from '../held-trees.ts';
import type { Host } from '../host.ts';
import type { Job, Work } from '../job.ts';
import { openArchives } from './archives.ts';
import { collect } from './collect.ts';
import { inspectImage } from './inspect.ts';
import { buildImage, imageSettings } from './mkosi.ts';

/** Builds an OS image: from an artifact definition to files that the api has. There is no environment but mkosi's own. */
export function buildOsi(host: Host): Work<BuildOsiOrder> {
  return async (job) => {
    const build = await begin(host, job);
    const image = await job.phase('sources', () => inspectImage(build));
    const { settings, archives } = await job.phase('environment', async () => {
      const asked = await imageSettings(build, image);
      return { settings: asked, archives: await openArchives(build, asked) };
    });
    await job.phase('build', () => buildImage(build, image, settings, archives));
    return { build: await job.phase('collect', () => collect(build, image, settings)) };
  };
}

async function begin(host: Host, job: Job<BuildOsiOrder>): Promise<Build<BuildOsiOrder>> {
  const image = await useImage(host, job, 'osi');
  job.log.line(`image ${image.held.generation}`);
  await job.api.trees({ image: image.held.generation, environment: null });
  return { host, job, image, directory: await prepareWorkspace(job.workspace) };
}
