import { Failure, type ImageOrder } from '@fatbuildr/domain';
import { makeDebImage } from '../trees/deb-image.ts';
import { imageId } from '../trees/tree-id.ts';
import type { Host } from './host.ts';
import type { Job, Work } from './job.ts';

/** Makes a new generation of a tool image. An update is one too: everything in it comes from packages. */
export function image(host: Host): Work<ImageOrder> {
  return async (job) => {
    const { format, operation, force } = job.order;
    const id = imageId(format, host.architecture);
    const held = await host.trees.current(id);
    if (operation === 'create' && held && !force) {
      job.log.line(`The ${format} image exists already: generation ${held.generation}. Use --force to make a new one.`);
      return { build: null };
    }
    if (operation === 'update' && !held) throw nothingToUpdate(format);
    await job.phase(operation, () => make(host, job));
    await host.changed();
    return { build: null };
  };
}

async function make(host: Host, job: Job<ImageOrder>): Promise<void> {
  const { format, suite, mirror, extraPackages } = job.order;
  if (format !== 'deb') throw new Failure('rejected', `Images of ${format} tools cannot be made yet.`);
  const own = (await host.mirrors()).mirror;
  const chosen = mirror === null ? own : { uri: mirror, signedBy: mirror === own?.uri ? own.signedBy : undefined };
  if (!chosen) {
    throw new Failure('infrastructure-failure', 'No mirror is known to make the image from.', {
      hint: 'Set images.deb.mirror; the APT sources of the build host name none.',
    });
  }
  const tree = await host.trees.begin(imageId(format, host.architecture));
  try {
    job.log.line(`making the ${format} image of ${suite} from ${chosen.uri}`);
    await makeDebImage({
      root: tree.root,
      suite,
      architecture: host.architecture,
      mirror: chosen,
      extraPackages,
      onOutput: (chunk) => job.log.output(chunk),
      signal: job.signal,
    }).catch((error: unknown) => {
      job.signal.throwIfAborted();
      throw new Failure('infrastructure-failure', 'mmdebstrap could not make the image.', {
        hint: 'Its last lines in the log say why.',
        cause: error,
      });
    });
    const { generation, bytes } = await tree.publish();
    job.log.line(`image ${format}: generation ${generation}${bytes === null ? '' : `, ${Math.round(bytes / 1e6)} MB`}`);
  } finally {
    await tree.discard();
  }
}

function nothingToUpdate(format: string): Failure {
  return new Failure('rejected', `This build host has no ${format} image to update.`, {
    hint: `Create it: fatbuildrctl images create -f ${format}`,
  });
}
