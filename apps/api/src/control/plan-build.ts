import type { Config } from '@fatbuildr/config';
import {
  ArtifactName,
  type BuildDebOrder,
  type BuildRequest,
  type DebDistribution,
  derivativeChain,
  findDistribution,
  type Instance,
  type KeyringInfo,
  ProblemError,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { buildCapability } from './capabilities.ts';
import type { Change } from './context.ts';
import type { Plan } from './new-task.ts';
import { fileRefs } from './order-files.ts';
import { environmentRecipe, jobLimits } from './recipes.ts';
import { lookUp, unprocessable } from './refusal.ts';
import { requireBlobs, requireBuildHost, requireInstance, requireKeyring } from './requirements.ts';

type Request = z.output<typeof BuildRequest>;

/** A build of a Debian package: one job, for the one architecture asked for. */
export async function planBuild(
  tx: Change,
  config: Config,
  { id, instance: name }: { id: string; instance: string },
  request: Request,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  const distribution = debDistribution(instance, request);
  const derivatives = lookUp(() => derivativeChain(instance, request.derivative, 'deb'));
  const architecture = oneArchitecture(instance, request);
  if (request.source.kind === 'definition' && request.artifact === undefined) {
    throw new ProblemError('bad-request', 'A build from a definition needs the name of its artifact.');
  }
  const keyring = await requireKeyring(tx, instance);
  const recipe = environmentRecipe(instance, distribution, architecture);
  const pool = instance.pool ?? config.worker.pool;
  await requireBuildHost(tx, pool, recipe, distribution.name);

  const order: BuildDebOrder = {
    kind: 'build-deb',
    instance: instance.id,
    artifact: request.artifact ?? null,
    architecture,
    primary: true,
    target: {
      distribution: distribution.name,
      tag: distribution.tag,
      environment: distribution.env,
      builder: distribution.builder,
    },
    recipe,
    derivative: request.derivative,
    source: request.source,
    submitter: request.submitter,
    message: request.message,
    submitted: tx.now,
    farm: farmRepository(instance, distribution, derivatives, keyring),
    allowPrivateSources: instance.allowPrivateSources,
    limits: jobLimits(config, distribution, instance),
  };
  await requireBlobs(tx, id, fileRefs(order));
  const capability = buildCapability(pool, 'deb', architecture);
  return {
    jobs: [{ name: `build:${architecture}`, capability, order }],
    task: {
      artifact: order.artifact ?? presumedName(request.source),
      format: 'deb',
      distribution: distribution.name,
      derivative: request.derivative,
      architecturesJson: JSON.stringify([architecture]),
      submitterJson: JSON.stringify(request.submitter),
      message: request.message,
      priority: request.priority,
    },
  };
}

function debDistribution(instance: Instance, request: Request): DebDistribution {
  const found = lookUp(() => findDistribution(instance, request.format, request.distribution));
  if (found.format === 'deb') return found;
  throw unprocessable(`Builds of format ${found.format} are not possible yet.`, 'Formats that can be built: deb.');
}

function oneArchitecture(instance: Instance, { architectures = instance.architectures.slice(0, 1) }: Request): string {
  const foreign = architectures.filter((one) => !instance.architectures.includes(one));
  if (foreign.length > 0) {
    throw unprocessable(
      `Instance ${instance.id} does not build for ${foreign.join(', ')}.`,
      `Its architectures: ${instance.architectures.join(', ')}.`,
    );
  }
  const [only, ...others] = architectures;
  if (only === undefined || others.length > 0) {
    throw unprocessable('A build for several architectures at once is not possible yet.', 'Submit one build for each.');
  }
  return only;
}

/** What a source package is probably called: its .dsc has the name of its source. Until the build knows for sure. */
function presumedName(source: Request['source']): string | null {
  if (source.kind !== 'dsc') return null;
  return ArtifactName.safeParse(source.dsc.name.split('_')[0]).data ?? null;
}

function farmRepository(
  instance: Instance,
  distribution: DebDistribution,
  components: string[],
  keyring: KeyringInfo,
): BuildDebOrder['farm'] {
  return {
    path: `/${instance.id}/deb`,
    suite: distribution.name,
    origin: instance.id,
    components,
    publicKey: keyring.publicKey,
  };
}
