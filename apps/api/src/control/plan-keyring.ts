import type { Config } from '@fatbuildr/config';
import {
  type Instance,
  type KeyringOrder,
  type KeyringRequest,
  type KeyringRotation,
  ProblemError,
  repositoryTarget,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { PUBLISHER } from './capabilities.ts';
import type { Change } from './context.ts';
import type { Plan } from './new-task.ts';
import { requireInstance, requireKeyring } from './requirements.ts';

/** Creating a keyring, which also publishes every repository empty. */
export async function planKeyringCreation(
  tx: Change,
  config: Config,
  name: string,
  { validityDays }: z.output<typeof KeyringRequest>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  await refuseSecondKeyring(tx, name);
  return plan(instance, 'create', { validityDays });
}

/** The same with a key that exists and was put where the publisher finds it. */
export async function planKeyringImport(tx: Change, config: Config, name: string): Promise<Plan> {
  const instance = requireInstance(config, name);
  await refuseSecondKeyring(tx, name);
  return plan(instance, 'import');
}

/** Moving the expiry, which signs every repository again. */
export async function planKeyringRenewal(
  tx: Change,
  config: Config,
  name: string,
  { validityDays }: z.output<typeof KeyringRequest>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  await requireKeyring(tx, instance);
  return plan(instance, 'renew', { validityDays });
}

const STEPS = { start: 'rotate', switch: 'switch', finish: 'finish' } as const;

/** A step from one key to another. Whether it is the next one is the publisher's to say. */
export async function planKeyringRotation(
  tx: Change,
  config: Config,
  name: string,
  { step, validityDays, overlapDays }: z.output<typeof KeyringRotation>,
): Promise<Plan> {
  const instance = requireInstance(config, name);
  await requireKeyring(tx, instance);
  return plan(instance, STEPS[step], { validityDays, overlapDays });
}

function plan(
  instance: Instance,
  operation: KeyringOrder['operation'],
  { validityDays = 0, overlapDays = 0 }: Partial<Pick<KeyringOrder, 'validityDays' | 'overlapDays'>> = {},
): Plan {
  const order: KeyringOrder = {
    kind: 'keyring',
    operation,
    instance: instance.id,
    userId: { name: instance.gpg.name, email: instance.gpg.email },
    validityDays,
    overlapDays,
    repositories: instance.distributions.map((one) => repositoryTarget(instance, one)),
  };
  return { jobs: [{ name: `keyring:${operation}`, capability: PUBLISHER, order }] };
}

async function refuseSecondKeyring(tx: Change, instance: string): Promise<void> {
  if ((await tx.registry.keyring(instance)) !== undefined) {
    throw new ProblemError('conflict', `Instance ${instance} has a keyring already.`, {
      hint: `Show it with: fatbuildrctl keyring show --instance ${instance}`,
    });
  }
  const [other] = await tx.tasks.active(instance, ['keyring-create', 'keyring-import']);
  if (!other) return;
  throw new ProblemError('conflict', `The keyring of instance ${instance} is being created by task ${other.id}.`);
}
