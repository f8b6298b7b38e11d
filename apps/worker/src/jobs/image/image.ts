import { Failure, type ImageOrder } from '@fatbuildr/domain';
import { imageId } from '../../trees/tree-id.ts';
import type { NewTree } from '../../trees/tree-store.ts';
import type { Host } from '../host.ts';
import type { Job, Work } from '../job.ts';
import { type Bootstraps, createBootstraps } from './bootstrap.ts';
import { checkTools } from './check-tools.ts';
import { importRoot } from './import-root.ts';
import { runMkosi } from './mkosi.ts';

/** Makes a new generation of a tool image. An update is one too: everything in it comes from packages. */
export function image(host: Host): Work<ImageOrder> {
  const bootstraps = createBootstraps(host);
  return async (job) => {
    const { format, operation, force } = job.order;
    const held = await host.trees.current(imageId(format, host.architecture));
    if (operation === 'create' && held && !force) {
      job.log.line(`The ${format} image exists already: generation ${held.generation}. Use --force to make a new one.`);
      return { build: null };
    }
    if (operation === 'update' && !held) throw nothingToUpdate(format);
    await make(host, job, bootstraps);
    await host.changed();
    return { build: null };
  };
}

async function make(host: Host, job: Job<ImageOrder>, bootstraps: Bootstraps): Promise<void> {
  const { format, operation } = job.order;
  const bootstrap = await job.phase('bootstrap', () => bootstraps.use(job));
  const tree = await host.trees.begin(imageId(format, host.architecture));
  try {
    await job.phase(operation, () => fill(host, job, bootstrap.root, tree));
    await checkTools(host, job, tree.root);
    const { generation, bytes } = await tree.publish();
    job.log.line(`image ${format}: generation ${generation}${bytes === null ? '' : `, ${Math.round(bytes / 1e6)} MB`}`);
  } finally {
    await tree.discard();
  }
}

function fill(host: Host, job: Job<ImageOrder>, bootstrap: string, tree: NewTree): Promise<void> {
  const { archive } = job.order;
  return archive === null ? runMkosi(host, job, bootstrap, tree) : importRoot(host, job, { bootstrap, tree, archive });
}

function nothingToUpdate(format: string): Failure {
  return new Failure('rejected', `This build host has no ${format} image to update.`, {
    hint: `Create it: fatbuildrctl images create -f ${format}`,
  });
}
