import type { Config } from '@fatbuildr/config';
import {
  type BuildOrder,
  type BuildRequest,
  type BuildSource,
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
import {
  requireArchitectures,
  requireBlobs,
  requireBuildHost,
  requireInstance,
  requireKeyring,
} from '../requirements.ts';
import type { NewJob } from '../transitions.ts';
import type { BuildFor } from './build-for.ts';
import { debOrder } from './deb-order.ts';
import { interactivePart } from './interactive.ts';
import { osiOrder } from './osi-order.ts';
import { rpmOrder } from './rpm-order.ts';

/** A request whose source is there. */
export type Request = Omit<z.output<typeof BuildRequest>, 'source'> & { source: BuildSource };

/** The task that a build becomes, and when it was submitted. */
export interface PlannedTask {
  id: string;
  instance: string;
  submitted: number;
}

/** A build of a package or image, of files that were uploaded. */
export async function planBuild(tx: Change, config: Config, task: PlannedTask, request: Request): Promise<Plan> {
  const plan = await buildJobs(tx, config, task, request);
  await requireBlobs(
    tx,
    task.id,
    plan.jobs.flatMap(({ order }) => fileRefs(order)),
  );
  return plan;
}

/**
 * A build of a package or image. For one architecture that is one job. For several a source package is made first, the
 * packages of each from that; OS images, and packages of a ready source package, are made at once. Whether their files were uploaded is not asked.
 */
export async function buildJobs(
  tx: Change,
  config: Config,
  { instance: name, submitted }: PlannedTask,
  request: Request,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  const distribution = lookUp(() => findDistribution(instance, request.format, request.distribution));
  const derivatives = lookUp(() => derivativeChain(instance, request.derivative, distribution.format));
  // The first one builds what is for all.
  const architectures = request.architectures
    ? requireArchitectures(instance, request.architectures)
    : instance.architectures.slice(0, 1);
  if (request.source.kind === 'definition' && request.artifact === undefined) {
    throw new ProblemError('bad-request', 'A build from a definition needs the name of its artifact.');
  }
  const keyring = await requireKeyring(tx, instance);
  const common = {
    instance: instance.id,
    artifact: request.artifact ?? null,
    derivative: request.derivative,
    source: request.source,
    submitter: request.submitter,
    message: request.message,
    submitted,
    allowPrivateSources: instance.allowPrivateSources,
    limits: jobLimits(config, distribution, instance),
    ...interactivePart(config, request, distribution, architectures),
    ...((request.warm ?? true) && (instance.warm ?? true) ? {} : { warm: false }),
    ...('ccache' in distribution && distribution.ccache ? { ccache: true } : {}),
  };
  const pool = instance.pool ?? config.worker.pool;
  const { format } = distribution;
  const jobs: NewJob[] = [];
  for (const [index, architecture] of architectures.entries()) {
    const own: BuildFor = { ...common, architecture, primary: index === 0 };
    const order = await orderFor(tx, {
      ...{ instance, distribution, derivatives, publicKey: keyring.publicKey },
      common: architectures.length > 1 ? { ...own, architectures } : own,
    });
    await requireBuildHost(tx, pool, order);
    const name = `${architectures.length > 1 && format !== 'osi' ? 'binary' : 'build'}:${architecture}`;
    jobs.push({ name, capability: buildCapability(pool, format, architecture), order });
  }
  return {
    jobs: request.source.kind === 'definition' && format !== 'osi' ? sourceFirst(jobs) : jobs,
    task: {
      artifact: request.artifact ?? presumedName(request.source),
      format,
      distribution: distribution.name,
      derivative: request.derivative,
      architecturesJson: JSON.stringify(architectures),
      submitterJson: JSON.stringify(request.submitter),
      message: request.message,
      priority: request.priority,
    },
  };
}

/** Instead of several jobs the one that makes their source package, on a host for the first of them; they follow on it. */
function sourceFirst(jobs: NewJob[]): NewJob[] {
  const [first, ...others] = jobs;
  if (!first || others.length === 0) return jobs;
  return [{ ...first, name: 'source', order: { ...(first.order as BuildOrder), part: 'source' } }];
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

/** What a ready source package is probably called: its file has the name of its source. Until the build knows for sure. */
function presumedName(source: Request['source']): string | null {
  if (source.kind === 'definition') return null;
  const presumed = source.kind === 'dsc' ? source.dsc.name.split('_')[0] : parseRpmFileName(source.srpm.name)?.name;
  return SourceName.safeParse(presumed).data ?? null;
}
