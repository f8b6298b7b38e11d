import type { Config } from '@fatbuildr/config';
import {
  type DebDistribution,
  type EnvironmentRequest,
  type Format,
  findDistribution,
  type ImageRequest,
  type Instance,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { serves, whyPaused } from './availability.ts';
import { BUILT_FORMATS, type Host, hostCapability } from './capabilities.ts';
import type { Change } from './context.ts';
import type { Plan } from './new-task.ts';
import { environmentRecipe, treeLimits } from './recipes.ts';
import { lookUp, unprocessable } from './refusal.ts';
import { buildHosts, requireInstance } from './requirements.ts';
import { isOnline } from './timing.ts';
import type { NewJob } from './transitions.ts';
import { holdsImage } from './trees.ts';

/** An operation on tool images: one job for each worker and format. */
export async function planImages(
  tx: Change,
  config: Config,
  instance: string,
  request: z.output<typeof ImageRequest>,
): Promise<Plan> {
  requireInstance(config, instance);
  const formats = builtFormats(request.formats);
  const { deb } = config.images;
  const jobs = (await presentHosts(tx)).flatMap(({ row }) =>
    formats.map(
      (format): NewJob => ({
        name: `image:${format}@${row.name}`,
        capability: hostCapability(row.id),
        order: {
          kind: 'image',
          operation: request.operation,
          format,
          suite: deb.distribution,
          mirror: deb.mirror ?? null,
          extraPackages: deb.packages,
          force: request.force,
          limits: treeLimits(config),
        },
      }),
    ),
  );
  return { jobs, task: { format: formats.length === 1 ? (formats[0] ?? null) : null } };
}

/** An operation on build environments: one job for each worker, environment and architecture that the worker runs. */
export async function planEnvironments(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof EnvironmentRequest>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  builtFormats(request.formats);
  const distributions = debDistributions(instance, request.distributions);
  const architectures = wantedArchitectures(instance, request.architectures);
  const hosts = (await presentHosts(tx)).filter((host) => holdsImage(host.report, 'deb') && serves(host, instance.id));
  if (hosts.length === 0) {
    throw unprocessable(
      'No worker has the tool image for deb packages yet, which environments are made with.',
      `Create it with: fatbuildrctl images create -f deb --instance ${instance.id}`,
    );
  }
  const jobs = hosts.flatMap((host) => {
    const supported = architectures.filter((one) => host.report.architectures.includes(one));
    return distributions.flatMap((distribution) =>
      supported.map((architecture) => environmentJob(config, instance, { host, distribution, architecture, request })),
    );
  });
  if (jobs.length === 0) throw unprocessable(`No worker runs ${architectures.join(' or ')}.`);
  const [first] = distributions;
  return {
    jobs,
    task: {
      format: 'deb',
      distribution: first && distributions.length === 1 ? first.name : null,
      architecturesJson: JSON.stringify(architectures),
    },
  };
}

function environmentJob(
  config: Config,
  instance: Instance,
  wanted: {
    host: Host;
    distribution: DebDistribution;
    architecture: string;
    request: z.output<typeof EnvironmentRequest>;
  },
): NewJob {
  const { host, distribution, architecture, request } = wanted;
  return {
    name: `environment:${distribution.env}:${architecture}@${host.row.name}`,
    capability: hostCapability(host.row.id),
    order: {
      kind: 'environment',
      operation: request.operation,
      recipe: environmentRecipe(instance, distribution, architecture),
      force: request.force,
      limits: treeLimits(config),
    },
  };
}

/** The hosts that are online, or all when none is: then the task waits for them. */
async function presentHosts(tx: Change): Promise<Host[]> {
  const hosts = await buildHosts(tx);
  const online = hosts.filter((host) => isOnline(host.row, tx.now) && whyPaused(host) === undefined);
  return online.length > 0 ? online : hosts;
}

function builtFormats(wanted: Format[] | undefined): Format[] {
  const formats = wanted ?? [...BUILT_FORMATS];
  const unknown = formats.find((format) => !BUILT_FORMATS.includes(format));
  if (unknown === undefined) return [...new Set(formats)];
  throw unprocessable(
    `There are no images of format ${unknown} yet.`,
    `Formats that can be built: ${BUILT_FORMATS.join(', ')}.`,
  );
}

/** One distribution for each environment: several may share it. */
function debDistributions(instance: Instance, names: string[] | undefined): DebDistribution[] {
  const all = instance.distributions.filter((one) => one.format === 'deb');
  const wanted = names ? names.map((name) => lookUp(() => findDistribution(instance, 'deb', name))) : all;
  const first = wanted.filter((one, index) => wanted.findIndex(({ env }) => env === one.env) === index);
  if (first.length > 0) return first;
  throw unprocessable(`Instance ${instance.id} has no deb distribution.`);
}

function wantedArchitectures(instance: Instance, wanted: string[] | undefined): string[] {
  const foreign = wanted?.filter((one) => !instance.architectures.includes(one)) ?? [];
  if (foreign.length === 0) return wanted ?? instance.architectures;
  throw unprocessable(
    `Instance ${instance.id} does not build for ${foreign.join(', ')}.`,
    `Its architectures: ${instance.architectures.join(', ')}.`,
  );
}
