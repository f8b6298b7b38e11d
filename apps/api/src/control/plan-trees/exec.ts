import type { Config } from '@fatbuildr/config';
import {
  derivativeChain,
  type EnvironmentRecipe,
  type ExecRequest,
  type FarmRepository,
  type Format,
  findDistribution,
  type Instance,
  type ShellRequest,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { type Host, hostCapability } from '../capabilities.ts';
import type { Change } from '../context.ts';
import { freeSlots } from '../farm-state.ts';
import type { Plan } from '../new-task.ts';
import { farmRepository } from '../plan-build/build-for.ts';
import { environmentRecipe, shellTime, treeLimits } from '../recipes.ts';
import { lookUp, notFound, unprocessable } from '../refusal.ts';
import { requireInstance } from '../requirements.ts';
import { storedKeyring } from '../stored.ts';
import { holdsEnvironment, holdsImage } from '../trees.ts';
import { presentHosts } from './hosts.ts';

type Request = z.output<typeof ExecRequest>;
type Where = Omit<Request, 'command'>;

/** Which tree is asked for: a tool image where there is no recipe. */
interface Tree {
  format: Format;
  environment: EnvironmentRecipe | null;
}

/** A command in a tool image or build environment, on one host that holds it. */
export async function planExec(tx: Change, config: Config, name: string, request: Request): Promise<Plan> {
  const { distribution, command } = request;
  const { host, format, environment } = await whereHeld(tx, config, name, request);
  return {
    jobs: [
      {
        name: `exec:${environment?.name ?? format}@${host.row.name}`,
        capability: hostCapability(host.row.id),
        order: { kind: 'exec', format, environment, command, limits: treeLimits(config) },
      },
    ],
    task: { format, distribution: distribution ?? null, message: inWords(command) },
  };
}

/** A shell there. */
export async function planShell(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof ShellRequest>,
): Promise<Plan> {
  const { distribution, command } = request;
  const { host, format, environment } = await whereHeld(tx, config, name, request);
  const farm = environment && (await publishedFor(tx, requireInstance(config, name), environment, request));
  const time = shellTime(config);
  const limits = { ...treeLimits(config), ...time };
  return {
    jobs: [
      {
        name: `shell:${environment?.name ?? format}@${host.row.name}`,
        capability: hostCapability(host.row.id),
        order: { kind: 'shell', format, environment, farm, command: command ?? null, limits },
      },
    ],
    task: { format, distribution: distribution ?? null, message: command ? inWords(command) : null },
  };
}

/** What the farm published for a distribution; null before there is anything. */
async function publishedFor(
  tx: Change,
  instance: Instance,
  { format }: EnvironmentRecipe,
  { distribution = '', derivative }: z.output<typeof ShellRequest>,
): Promise<FarmRepository | null> {
  const derivatives = lookUp(() => derivativeChain(instance, derivative, format));
  const published = await tx.registry.repository({ instance: instance.id, format, distribution });
  const keyring = await tx.registry.keyring(instance.id);
  if (!published || !keyring) return null;
  return farmRepository(instance, format, distribution, { derivatives, publicKey: storedKeyring(keyring).publicKey });
}

function inWords(command: readonly string[]): string {
  return command.join(' ').slice(0, 10_000);
}

/** What is asked for, and a host that holds it: the first that has a slot free, or else the first. */
async function whereHeld(tx: Change, config: Config, name: string, request: Where): Promise<Tree & { host: Host }> {
  const instance = requireInstance(config, name);
  const tree = treeOf(instance, request);
  const hosts = await presentHosts(tx, instance.id);
  if (request.host !== undefined && !hosts.some(({ row }) => row.name === request.host)) {
    throw notFound(`There is no worker called ${request.host} that serves instance ${instance.id}.`);
  }
  const holders = hosts.filter((one) => isAsked(one, request) && holds(one, tree));
  const live = await tx.attempts.live();
  const host = holders.find((one) => freeSlots(one, live) > 0) ?? holders[0];
  if (!host) throw nobodyHolds(instance, tree, request);
  return { host, ...tree };
}

function treeOf(instance: Instance, { format, distribution: name, architecture }: Where): Tree {
  if (name === undefined) return { format: format ?? 'deb', environment: null };
  if (format === 'osi') throw unprocessable('Distributions of format osi have no build environment.');
  const distributions = instance.distributions.filter((one) => one.format !== 'osi');
  const distribution = lookUp(() => findDistribution({ ...instance, distributions }, format, name));
  if (distribution.format === 'osi') throw new Error('those were left out');
  const environment = environmentRecipe(instance, distribution, architecture ?? instance.architectures[0] ?? '');
  return { format: distribution.format, environment };
}

function isAsked({ row, report }: Host, { host, architecture }: Where): boolean {
  if (host !== undefined && row.name !== host) return false;
  return architecture === undefined || report.architectures.includes(architecture);
}

function holds({ report }: Host, { format, environment }: Tree): boolean {
  return environment === null ? holdsImage(report, format) : holdsEnvironment(report, environment);
}

function nobodyHolds({ id }: Instance, { format }: Tree, { distribution, host, architecture }: Where) {
  const where = [host ? ` ${host}` : '', architecture ? ` for ${architecture}` : ''].join('');
  return distribution === undefined
    ? unprocessable(
        `No worker${where} has the tool image for ${format} packages yet.`,
        `Create it with: fatbuildrctl images create -f ${format} --instance ${id}`,
      )
    : unprocessable(
        `No worker${where} has the build environment of ${distribution} yet.`,
        `Create it with: fatbuildrctl images env-create -f ${format} -d ${distribution} --instance ${id}`,
      );
}
