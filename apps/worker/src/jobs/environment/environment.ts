import type { EnvironmentOrder } from '@fatbuildr/domain';
import { execa } from 'execa';
import { environmentId } from '../../trees/tree-id.ts';
import { generationsOf, type UsedTree } from '../../trees/tree-store.ts';
import { useImage } from '../held-trees.ts';
import type { Host } from '../host.ts';
import type { Job, Work } from '../job.ts';
import { makeDebEnvironment } from './cowbuilder.ts';
import { decide, sourcesOf } from './made-from.ts';
import type { Making } from './making.ts';
import { builderFor, makeRpmEnvironment } from './rpm-environment.ts';

/** Makes a new generation of a build environment: from nothing, or from the current one with its packages brought up to date. */
export function environment(host: Host): Work<EnvironmentOrder> {
  return async (job) => {
    const { recipe } = job.order;
    const id = environmentId(recipe);
    const sources = sourcesOf(recipe, await host.mirrors());
    const { does, because } = decide(job.order, await host.trees.current(id), sources);
    if (because !== undefined) job.log.line(because);
    if (does === 'nothing') return { build: null };
    const create = `fatbuildrctl images env-create --instance ${recipe.instance} -f ${recipe.format}`;
    const image = await useImage(host, job, recipe.format);
    const base = does === 'update' ? await host.trees.use(id, create) : undefined;
    job.defer(async () => {
      await base?.release();
      await host.trees.collect();
      await host.warm?.collect(await generationsOf(host.trees));
    });
    await job.api.trees({ image: image.held.generation, environment: base?.held.generation ?? null });
    await job.phase(does, () => make(host, job, { image, base, sources }));
    await host.changed();
    return { build: null };
  };
}

async function make(
  host: Host,
  job: Job<EnvironmentOrder>,
  { image, base, sources }: { image: UsedTree; base: UsedTree | undefined; sources: string },
): Promise<void> {
  const { recipe } = job.order;
  const builder = recipe.format === 'rpm' ? (base?.held.builder ?? (await builderFor(image, recipe))) : undefined;
  const tree = await host.trees.begin({ ...environmentId(recipe), madeFrom: sources, ...(builder && { builder }) });
  try {
    if (base)
      await execa('cp', ['-a', '--reflink=auto', '--', `${base.root}/.`, tree.root], { cancelSignal: job.signal });
    const making: Making = { host, job, image, tree, operation: base ? 'update' : 'create' };
    if (recipe.format === 'deb') await makeDebEnvironment(making, recipe);
    else await makeRpmEnvironment(making, recipe, builder ?? 'rpmbuild');
    const { generation, bytes } = await tree.publish();
    job.log.line(
      `environment ${recipe.name}: generation ${generation}${bytes === null ? '' : `, ${Math.round(bytes / 1e6)} MB`}`,
    );
  } finally {
    await tree.discard();
  }
}
