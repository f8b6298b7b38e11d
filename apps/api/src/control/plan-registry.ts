import type { Config } from '@fatbuildr/config';
import type { Suite, TaskRow } from '@fatbuildr/database';
import {
  type DistributionBase,
  derivativeChain,
  type Format,
  findDistribution,
  type Instance,
  type PublisherOrder,
  type RegistryCheck,
  type RegistryCollection,
  type RegistryDeletion,
  type RegistryImport,
  type RegistryPromotion,
  type RegistryRollback,
  repositoryTarget,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import type { Plan } from './new-task.ts';
import { lookUp, notFound, unprocessable } from './refusal.ts';
import { requireInstance, requireKeyring, requireRevision } from './requirements.ts';

/* Changes of repositories beside builds: each is one job of the publisher. What can be told at once is refused at once. */

/** A repository that a request names, with a keyring to sign it. */
interface Named {
  instance: Instance;
  distribution: DistributionBase & { format: Format };
  suite: Suite;
}

async function named(
  tx: Change,
  config: Config,
  name: string,
  request: { format: Format; distribution: string },
): Promise<Named> {
  const instance = requireInstance(config, name);
  const distribution = lookUp(() => findDistribution(instance, request.format, request.distribution));
  await requireKeyring(tx, instance);
  const suite = { instance: instance.id, format: request.format, distribution: distribution.name };
  return { instance, distribution, suite };
}

function plan(order: PublisherOrder & { dryRun: boolean }, task: Partial<TaskRow>): Plan {
  return {
    jobs: [{ name: order.kind, capability: PUBLISHER, order }],
    task: { ...task, dryRun: order.dryRun ? 1 : 0 },
  };
}

/** Withdrawing a source package and what was built of it, in one version or all. */
export async function planDeletion(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof RegistryDeletion>,
): Promise<Plan> {
  const { instance, distribution, suite } = await named(tx, config, name, request);
  const { artifact, derivative, version, architecture, dryRun } = request;
  lookUp(() => derivativeChain(instance, derivative, request.format));
  const published = await tx.published.ofSource(suite, derivative, artifact);
  const isMeant = (one: { sourceVersion: string; architecture: string }) =>
    (version === undefined || one.sourceVersion === version) &&
    (architecture === undefined || one.architecture === architecture);
  if (!published.some(isMeant)) {
    const what = [artifact, version, architecture && `(${architecture})`].filter(Boolean).join(' ');
    throw notFound(`${what} is not published for ${distribution.name} (${derivative}) of instance ${instance.id}.`);
  }
  return plan(
    {
      kind: 'registry-delete',
      instance: instance.id,
      repository: repositoryTarget(instance, distribution),
      derivative,
      selector: { artifact, ...(version && { version }), ...(architecture && { architecture }) },
      dryRun,
    },
    { artifact, format: request.format, distribution: distribution.name, derivative, version: version ?? null },
  );
}

/** Taking packages over from one distribution or derivative into another. */
export async function planPromotion(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof RegistryPromotion>,
): Promise<Plan> {
  const { format, from, artifacts, derivative, dryRun } = request;
  const { instance, distribution } = await named(tx, config, name, request);
  const source = await named(tx, config, name, { format, distribution: from.distribution });
  for (const one of [derivative, from.derivative]) lookUp(() => derivativeChain(instance, one, format));
  await requireRevision(tx, source.suite, from.revision);
  return plan(
    {
      kind: 'registry-promote',
      instance: instance.id,
      repository: repositoryTarget(instance, distribution),
      derivative,
      from: { distribution: from.distribution, derivative: from.derivative, revision: from.revision ?? null },
      selectors: artifacts,
      dryRun,
    },
    { ...whichOf(artifacts), format, distribution: distribution.name, derivative },
  );
}

/** Publishing once more what an earlier publication held. */
export async function planRollback(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof RegistryRollback>,
): Promise<Plan> {
  const { instance, distribution, suite } = await named(tx, config, name, request);
  const { format, revision, dryRun } = request;
  await requireRevision(tx, suite, revision);
  return plan(
    {
      kind: 'registry-rollback',
      instance: instance.id,
      repository: repositoryTarget(instance, distribution),
      revision,
      dryRun,
    },
    { format, distribution: distribution.name, version: `revision ${revision}` },
  );
}

/** Garbage collection in all repositories of an instance. */
export async function planCollection(
  tx: Change,
  config: Config,
  name: string,
  { graceHours, keepPublications, dryRun }: z.output<typeof RegistryCollection>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  await requireKeyring(tx, instance);
  const { retention } = config;
  return plan(
    {
      kind: 'registry-gc',
      instance: instance.id,
      graceMs: graceHours === undefined ? retention.registry : Math.round(graceHours * 3_600_000),
      keepPublications: keepPublications ?? retention.publications,
      dryRun,
    },
    {},
  );
}

/** Reading all repositories of an instance again. */
export async function planCheck(
  tx: Change,
  config: Config,
  name: string,
  { dryRun }: z.output<typeof RegistryCheck>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  await requireKeyring(tx, instance);
  return plan({ kind: 'registry-check', instance: instance.id, dryRun }, {});
}

/** Taking over the packages of a repository that something else made. */
export async function planImport(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof RegistryImport>,
): Promise<Plan> {
  if (request.format === 'osi') {
    throw unprocessable('OS images cannot be imported.', 'Build them here, or name the format deb or rpm.');
  }
  const { instance, distribution } = await named(tx, config, name, request);
  const { format, derivative, source, artifacts, skipConflicts, dryRun } = request;
  lookUp(() => derivativeChain(instance, derivative, format));
  return plan(
    {
      kind: 'registry-import',
      instance: instance.id,
      repository: repositoryTarget(instance, distribution),
      derivative,
      source,
      selectors: artifacts,
      skipConflicts,
      dryRun,
    },
    { ...whichOf(artifacts), format, distribution: distribution.name, derivative, message: source.location },
  );
}

/** What the task is about in lists: the artifact, if it is one. */
function whichOf(artifacts: z.output<typeof RegistryPromotion>['artifacts']): Partial<TaskRow> {
  const [only, other] = artifacts;
  return only && !other ? { artifact: only.artifact, version: only.version ?? null } : {};
}
