import { Failure, type ImageOrder } from '@fatbuildr/domain';
import { createTurns } from '../../one-by-one.ts';
import { makeBootstrap } from '../../trees/make-bootstrap.ts';
import { bootstrapId } from '../../trees/tree-id.ts';
import type { UsedTree } from '../../trees/tree-store.ts';
import { overridden } from '../commands.ts';
import type { Host } from '../host.ts';
import type { Job } from '../job.ts';

/** The roots that mkosi runs in: kept like images, so that only the first one pays for it. */
export interface Bootstraps {
  /** The one that an order names, made where there is none or where it is old; released when the job is over. */
  use(job: Job<ImageOrder>): Promise<UsedTree>;
}

/** It only has to be able to install today's packages. */
const OLD_MS = 30 * 86_400_000;

export function createBootstraps(host: Host): Bootstraps {
  const inTurn = createTurns();
  return {
    async use(job) {
      const id = bootstrapId(job.order.bootstrap.release, host.architecture);
      await inTurn(async () => {
        job.signal.throwIfAborted();
        const held = await host.trees.current(id);
        if (held === undefined || Date.now() - held.created > OLD_MS) await make(host, job);
      });
      const tree = await host.trees.use(id, 'fatbuildrctl images create');
      job.defer(async () => tree.release());
      return tree;
    },
  };
}

async function make(host: Host, job: Job<ImageOrder>): Promise<void> {
  const { release, mirror } = job.order.bootstrap;
  const own = (await host.mirrors()).mirror;
  const chosen = mirror === null ? own : { uri: mirror, signedBy: mirror === own?.uri ? own.signedBy : undefined };
  if (!chosen) {
    throw new Failure('infrastructure-failure', 'No mirror is known to make the bootstrap of the images from.', {
      hint: 'Set images.bootstrap.mirror; the APT sources of the build host name none.',
    });
  }
  job.log.line(`making what mkosi runs in: Debian ${release} from ${chosen.uri}`);
  const tree = await host.trees.begin(bootstrapId(release, host.architecture));
  try {
    await makeBootstrap({
      root: tree.root,
      suite: release,
      architecture: host.architecture,
      mirror: chosen,
      command: overridden(host.commands, ['mmdebstrap']),
      onOutput: (chunk) => job.log.output(chunk),
      signal: job.signal,
    }).catch((error: unknown) => {
      job.signal.throwIfAborted();
      throw new Failure('infrastructure-failure', 'mmdebstrap could not make the bootstrap of the images.', {
        hint: 'Its last lines in the log say why; mostly it is the mirror, see images.bootstrap.mirror.',
        cause: error,
      });
    });
    await tree.publish();
  } finally {
    await tree.discard();
  }
}
