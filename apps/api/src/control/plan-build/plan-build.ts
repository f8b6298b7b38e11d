import type { Config } from '@fatbuildr/config';
import {
  type BuildOrder,
  type BuildRequest,
  type Distribution,
  derivativeChain,
  findDistribution,
  type Instance,
  ProblemError,
  parseRpmFileName,
  SourceName,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { buildCapability } from '../capabilities.ts';
import type { Change } from '../context.ts';
import type { Plan } from '../new-task.ts';
import { fileRefs } from '../order-files.ts';
import { jobLimits } from '../recipes.ts';
import { lookUp, unprocessable } from '../refusal.ts';
import { requireBlobs, requireBuildHost, requireInstance, requireKeyring } from '../requirements.ts';
import type { BuildFor } from './build-for.ts';
import { debOrder } from './deb-order.ts';
import { osiOrder } from './osi-order.ts';
import { rpmOrder } from './rpm-order.ts';

type Request = z.output<typeof BuildRequest>;

/** A build of a package or image: one job, for the one architecture asked for. */
export async function planBuild(
  tx: Change,
  config: Config,
  { id, instance: name }: { id: string; instance: string },
  request: Request,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  const distribution = lookUp(() => findDistribution(instance, request.format, request.distribution));
  const derivatives = lookUp(() => derivativeChain(instance, request.derivative, distribution.format));
  const architecture = oneArchitecture(instance, request);
  if (request.source.kind === 'definition' && request.artifact === undefined) {
    throw new ProblemError('bad-request', 'A build from a definition needs the name of its artifact.');
  }
  const keyring = await requireKeyring(tx, instance);
  const common: BuildFor = {
    instance: instance.id,
    artifact: request.artifact ?? null,
    architecture,
    primary: true,
    derivative: request.derivative,
    source: request.source,
    submitter: request.submitter,
    message: request.message,
    submitted: tx.now,
    allowPrivateSources: instance.allowPrivateSources,
    limits: jobLimits(config, distribution, instance),
  };
  const order = await orderFor(tx, { instance, distribution, common, derivatives, publicKey: keyring.publicKey });
  const pool = instance.pool ?? config.worker.pool;
  await requireBuildHost(tx, pool, order);
  await requireBlobs(tx, id, fileRefs(order));
  const { format } = distribution;
  return {
    jobs: [{ name: `build:${architecture}`, capability: buildCapability(pool, format, architecture), order }],
    task: {
      artifact: order.artifact ?? presumedName(request.source),
      format,
      distribution: distribution.name,
      derivative: request.derivative,
      architecturesJson: JSON.stringify([architecture]),
      submitterJson: JSON.stringify(request.submitter),
      message: request.message,
      priority: request.priority,
    },
  };
}

interface Wanted {
  instance: Instance;
  distribution: Distribution;
  common: BuildFor;
  derivatives: string[];
  publicKey: string;
}

async function orderFor(tx: Change, { instance, distribution, common, ...repository }: Wanted): Promise<BuildOrder> {
  refuseForeignSource(distribution, common.source.kind);
  if (distribution.format === 'deb') return debOrder(instance, distribution, common, repository);
  if (distribution.format === 'rpm') return rpmOrder(tx, instance, distribution, common, repository);
  return osiOrder(tx, instance, distribution, common, repository);
}

/** Whose source packages are of which format. */
const FORMAT_OF = { dsc: 'deb', srpm: 'rpm' } as const;

function refuseForeignSource({ format, name }: Distribution, kind: Request['source']['kind']): void {
  if (kind === 'definition' || FORMAT_OF[kind] === format) return;
  throw unprocessable(
    `A source package of format ${FORMAT_OF[kind]} cannot be built for ${name}, a distribution of format ${format}.`,
    `Name a distribution of format ${FORMAT_OF[kind]}.`,
  );
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

/** What a ready source package is probably called: its file has the name of its source. Until the build knows for sure. */
function presumedName(source: Request['source']): string | null {
  if (source.kind === 'definition') return null;
  const presumed = source.kind === 'dsc' ? source.dsc.name.split('_')[0] : parseRpmFileName(source.srpm.name)?.name;
  return SourceName.safeParse(presumed).data ?? null;
}
