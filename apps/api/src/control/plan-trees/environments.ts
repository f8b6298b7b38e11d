import type { Config } from '@fatbuildr/config';
import {
  type DebDistribution,
  type EnvironmentRequest,
  type Format,
  findDistribution,
  type Instance,
  type RpmDistribution,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { type Host, hostCapability } from '../capabilities.ts';
import type { Change } from '../context.ts';
import type { Plan } from '../new-task.ts';
import { environmentRecipe, treeLimits } from '../recipes.ts';
import { lookUp, unprocessable } from '../refusal.ts';
import { requireArchitectures, requireInstance } from '../requirements.ts';
import type { NewJob } from '../transitions.ts';
import { holdsEnvironment, holdsImage } from '../trees.ts';
import { presentHosts } from './hosts.ts';

/** A distribution that is built in an environment of its own: mkosi brings its own root with it. */
type Environed = DebDistribution | RpmDistribution;
type Request = z.output<typeof EnvironmentRequest>;

/** An operation on build environments: one job for each worker, environment and architecture that the worker runs. */
export async function planEnvironments(tx: Change, config: Config, name: string, request: Request): Promise<Plan> {
  const instance = requireInstance(config, name);
  const distributions = environedDistributions(instance, request);
  const architectures = requireArchitectures(instance, request.architectures ?? instance.architectures);
  const hosts = await presentHosts(tx, instance.id);
  const equipped = distributions.flatMap((distribution) =>
    hosts.filter(({ report }) => holdsImage(report, distribution.format)).map((host) => ({ host, distribution })),
  );
  const bare = distributions.find((one) => equipped.every(({ distribution }) => distribution.format !== one.format));
  // What was not asked for by name or format is left out where there are no tools for it.
  const isAsked = request.formats !== undefined || request.distributions !== undefined;
  if (bare !== undefined && (isAsked || equipped.length === 0)) throw noImage(bare.format, instance);
  const jobs = equipped.flatMap(({ host, distribution }) =>
    architectures
      .filter((one) => host.report.architectures.includes(one))
      .filter((one) => request.operation === 'create' || holds(host, instance, distribution, one))
      .map((architecture) => environmentJob(config, instance, { host, distribution, architecture, request })),
  );
  if (jobs.length === 0) throw nothingToDo(instance, request, architectures);
  const [only, ...others] = distributions;
  const formats = new Set(distributions.map(({ format }) => format));
  return {
    jobs,
    task: {
      format: formats.size === 1 ? (only?.format ?? null) : null,
      distribution: only && others.length === 0 ? only.name : null,
      architecturesJson: JSON.stringify(architectures),
    },
  };
}

function environmentJob(
  config: Config,
  instance: Instance,
  wanted: { host: Host; distribution: Environed; architecture: string; request: Request },
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

/** One distribution for each environment: several may share it. */
function environedDistributions(instance: Instance, { formats, distributions: names }: Request): Environed[] {
  const wanted = (format: Format) => formats?.includes(format) ?? true;
  const all = instance.distributions.filter((one) => one.format !== 'osi').filter((one) => wanted(one.format));
  const chosen = names ? names.flatMap((name) => named(instance, all, name, formats)) : all;
  const first = chosen.filter(
    (one) => chosen.find(({ format, env }) => format === one.format && env === one.env) === one,
  );
  if (first.length > 0) return first;
  throw unprocessable(
    `Instance ${instance.id} has no ${(formats ?? ['deb', 'rpm']).join(' or ')} distribution with a build environment.`,
    'OS images need none: mkosi makes the root of each.',
  );
}

/** The distributions of that name: those of two formats may share one. An unknown name is refused with the known ones. */
function named(instance: Instance, all: Environed[], name: string, formats: Format[] | undefined): Environed[] {
  const found = all.filter((one) => one.name === name);
  if (found.length === 0)
    lookUp(() => findDistribution(instance, formats?.length === 1 ? formats[0] : undefined, name));
  return found;
}

function holds({ report }: Host, { id }: Instance, { format, env }: Environed, architecture: string): boolean {
  return holdsEnvironment(report, { instance: id, format, name: env, architecture });
}

function nothingToDo({ id }: Instance, { operation }: Request, architectures: string[]) {
  return operation === 'create'
    ? unprocessable(`No worker runs ${architectures.join(' or ')}.`)
    : unprocessable(
        'No worker has an environment that could be brought up to date.',
        `Create it with: fatbuildrctl images env-create --instance ${id}`,
      );
}

function noImage(format: Format, { id }: Instance) {
  return unprocessable(
    `No worker has the tool image for ${format} packages yet, which environments are made with.`,
    `Create it with: fatbuildrctl images create -f ${format} --instance ${id}`,
  );
}
