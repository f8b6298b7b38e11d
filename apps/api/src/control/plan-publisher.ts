import type { Config } from '@fatbuildr/config';
import {
  derivativeChain,
  findDistribution,
  type KeyringOrder,
  type KeyringRequest,
  ProblemError,
  type RegistryDeletion,
  repositoryTarget,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import type { Plan } from './new-task.ts';
import { lookUp, notFound } from './refusal.ts';
import { requireInstance, requireKeyring } from './requirements.ts';

/** Creating a keyring, which also publishes every repository empty, or moving its expiry, which signs them again. */
export async function planKeyring(
  tx: Change,
  config: Config,
  name: string,
  { operation, validityDays }: z.output<typeof KeyringRequest> & { operation: KeyringOrder['operation'] },
): Promise<Plan> {
  const instance = requireInstance(config, name);
  if (operation === 'create') await refuseSecondKeyring(tx, name);
  else await requireKeyring(tx, instance);
  const order: KeyringOrder = {
    kind: 'keyring',
    operation,
    instance: instance.id,
    userId: { name: instance.gpg.name, email: instance.gpg.email },
    validityDays,
    repositories: instance.distributions
      .filter((one) => one.format === 'deb')
      .map((one) => repositoryTarget(instance, one)),
  };
  return { jobs: [{ name: `keyring:${operation}`, capability: PUBLISHER, order }] };
}

async function refuseSecondKeyring(tx: Change, instance: string): Promise<void> {
  if ((await tx.registry.keyring(instance)) !== undefined) {
    throw new ProblemError('conflict', `Instance ${instance} has a keyring already.`, {
      hint: `Show it with: fatbuildrctl keyring show --instance ${instance}`,
    });
  }
  const [other] = await tx.tasks.active(instance, ['keyring-create']);
  if (!other) return;
  throw new ProblemError('conflict', `The keyring of instance ${instance} is being created by task ${other.id}.`);
}

/** Withdrawing a source package and what was built of it, in one version or all. */
export async function planDeletion(
  tx: Change,
  config: Config,
  name: string,
  request: z.output<typeof RegistryDeletion>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  const distribution = lookUp(() => findDistribution(instance, request.format, request.distribution));
  lookUp(() => derivativeChain(instance, request.derivative, request.format));
  await requireKeyring(tx, instance);
  const { artifact, derivative, version } = request;
  const suite = { instance: instance.id, format: request.format, distribution: distribution.name };
  const published = await tx.registry.ofSource(suite, derivative, artifact);
  if (!published.some((one) => version === undefined || one.sourceVersion === version)) {
    const what = version === undefined ? artifact : `${artifact} ${version}`;
    throw notFound(`${what} is not published for ${distribution.name} (${derivative}) of instance ${instance.id}.`);
  }
  return {
    jobs: [
      {
        name: 'registry-delete',
        capability: PUBLISHER,
        order: {
          kind: 'registry-delete',
          instance: instance.id,
          repository: repositoryTarget(instance, distribution),
          derivative,
          artifact,
          version: version ?? null,
        },
      },
    ],
    task: { artifact, format: request.format, distribution: distribution.name, derivative, version: version ?? null },
  };
}
