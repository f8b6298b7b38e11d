import type { Config } from '@fatbuildr/config';
import {
  BuildRequest,
  EnvironmentRequest,
  ExecRequest,
  ImageRequest,
  KeyringImport,
  KeyringRequest,
  KeyringRotation,
  ProblemError,
  RegistryCheck,
  RegistryCollection,
  RegistryDeletion,
  RegistryImport,
  RegistryPromotion,
  RegistryRollback,
  type ShellRequest,
  type Task,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import { type Asked, storedAsked } from './asked.ts';
import type { Change, Context } from './context.ts';
import { type Plan, submit } from './new-task.ts';
import { planRequested } from './plan-build/plan-requested.ts';
import { planKeyringCreation, planKeyringImport, planKeyringRenewal, planKeyringRotation } from './plan-keyring.ts';
import { planCheck, planCollection, planDeletion, planImport, planPromotion, planRollback } from './plan-registry.ts';
import { planEnvironments } from './plan-trees/environments.ts';
import { planExec, planShell } from './plan-trees/exec.ts';
import { planImages } from './plan-trees/images.ts';
import { notFound, unprocessable } from './refusal.ts';
import type { Requester, Submissions } from './services.ts';

/** Who asks, and the task it repeats, if any. */
interface Origin {
  by: Requester;
  retryOf: string | null;
}

export function createSubmissions(context: Context): Submissions {
  const { config } = context;

  function build(
    instance: string,
    request: z.output<typeof BuildRequest>,
    origin: Origin,
    kept: Pick<Asked, 'fetched'> = {},
  ): Promise<Task> {
    return submit(context, { kind: 'build', instance, request, ...kept, ...origin }, (tx, id) =>
      planRequested(tx, config, { id, instance, submitted: tx.now }, request, kept.fetched),
    );
  }
  function images(instance: string, request: z.output<typeof ImageRequest>, origin: Origin): Promise<Task> {
    const kind = `image-${request.operation}` as const;
    return submit(context, { kind, instance, request, ...origin }, (tx, id) =>
      planImages(tx, config, { id, instance }, request),
    );
  }
  function environments(instance: string, request: z.output<typeof EnvironmentRequest>, origin: Origin): Promise<Task> {
    const kind = request.operation === 'create' ? 'env-create' : 'env-update';
    return submit(context, { kind, instance, request, ...origin }, (tx) =>
      planEnvironments(tx, config, instance, request),
    );
  }
  function exec(instance: string, request: z.output<typeof ExecRequest>, origin: Origin): Promise<Task> {
    const kind = request.distribution === undefined ? 'image-exec' : 'env-exec';
    return submit(context, { kind, instance, request, ...origin }, (tx) => planExec(tx, config, instance, request));
  }
  function shell(instance: string, request: z.output<typeof ShellRequest>, origin: Origin): Promise<Task> {
    return submit(context, { kind: 'shell', instance, request, ...origin }, (tx) =>
      planShell(tx, config, instance, request),
    );
  }
  /** What is described by its plan alone: changes of keyrings and repositories. */
  const planned =
    <R>(kind: Task['kind'], plan: (tx: Change, config: Config, instance: string, request: R) => Promise<Plan>) =>
    (instance: string, request: R, origin: Origin): Promise<Task> =>
      submit(context, { kind, instance, request, ...origin }, (tx) => plan(tx, config, instance, request));
  const keyringCreation = planned('keyring-create', planKeyringCreation);
  const keyringImport = planned('keyring-import', planKeyringImport);
  const keyringRenewal = planned('keyring-renew', planKeyringRenewal);
  const keyringRotation = planned('keyring-rotate', planKeyringRotation);
  const deletion = planned('registry-delete', planDeletion);
  const promotion = planned('registry-promote', planPromotion);
  const rollback = planned('registry-rollback', planRollback);
  const collection = planned('registry-gc', planCollection);
  const checking = planned('registry-check', planCheck);
  const importing = planned('registry-import', planImport);

  /** How each kind of task is asked for again. */
  const again: Record<Task['kind'], (asked: Asked, origin: Origin) => Promise<Task>> = {
    build: ({ instance, request, ...kept }, origin) => build(instance, BuildRequest.parse(request), origin, kept),
    'image-create': ({ instance, request }, origin) => images(instance, ImageRequest.parse(request), origin),
    'image-update': ({ instance, request }, origin) => images(instance, ImageRequest.parse(request), origin),
    'image-import': ({ instance, request }, origin) => images(instance, ImageRequest.parse(request), origin),
    'image-exec': ({ instance, request }, origin) => exec(instance, ExecRequest.parse(request), origin),
    'env-create': ({ instance, request }, origin) => environments(instance, EnvironmentRequest.parse(request), origin),
    'env-update': ({ instance, request }, origin) => environments(instance, EnvironmentRequest.parse(request), origin),
    'env-exec': ({ instance, request }, origin) => exec(instance, ExecRequest.parse(request), origin),
    shell: () =>
      Promise.reject(unprocessable('A shell is not tried again.', 'Open a new one: fatbuildrctl images shell')),
    'keyring-create': ({ instance, request }, origin) =>
      keyringCreation(instance, KeyringRequest.parse(request), origin),
    'keyring-import': ({ instance, request }, origin) => keyringImport(instance, KeyringImport.parse(request), origin),
    'keyring-renew': ({ instance, request }, origin) => keyringRenewal(instance, KeyringRequest.parse(request), origin),
    'keyring-rotate': ({ instance, request }, origin) =>
      keyringRotation(instance, KeyringRotation.parse(request), origin),
    'registry-delete': ({ instance, request }, origin) => deletion(instance, RegistryDeletion.parse(request), origin),
    'registry-promote': ({ instance, request }, origin) =>
      promotion(instance, RegistryPromotion.parse(request), origin),
    'registry-rollback': ({ instance, request }, origin) => rollback(instance, RegistryRollback.parse(request), origin),
    'registry-gc': ({ instance, request }, origin) => collection(instance, RegistryCollection.parse(request), origin),
    'registry-check': ({ instance, request }, origin) => checking(instance, RegistryCheck.parse(request), origin),
    'registry-import': ({ instance, request }, origin) => importing(instance, RegistryImport.parse(request), origin),
  };
  const first = (by: Requester): Origin => ({ by, retryOf: null });

  return {
    build: (instance, request, by) => build(instance, request, first(by)),
    images: (instance, request, by) => images(instance, request, first(by)),
    environments: (instance, request, by) => environments(instance, request, first(by)),
    exec: (instance, request, by) => exec(instance, request, first(by)),
    shell: (instance, request, by) => shell(instance, request, first(by)),
    createKeyring: (instance, request, by) => keyringCreation(instance, request, first(by)),
    importKeyring: (instance, request, by) => keyringImport(instance, request, first(by)),
    renewKeyring: (instance, request, by) => keyringRenewal(instance, request, first(by)),
    rotateKeyring: (instance, request, by) => keyringRotation(instance, request, first(by)),
    deletePackages: (instance, request, by) => deletion(instance, request, first(by)),
    promote: (instance, request, by) => promotion(instance, request, first(by)),
    rollBack: (instance, request, by) => rollback(instance, request, first(by)),
    collect: (instance, request, by) => collection(instance, request, first(by)),
    check: (instance, request, by) => checking(instance, request, first(by)),
    importPackages: (instance, request, by) => importing(instance, request, first(by)),
    async retry(id, by) {
      const task = await context.database.stores.tasks.get(id);
      if (!task) throw notFound(`There is no task ${id}.`);
      if (task.state !== 'done') {
        throw new ProblemError('conflict', `Task ${id} is still ${task.state}.`, {
          hint: `Cancel it first: fatbuildrctl cancel ${id}`,
        });
      }
      return again[task.kind as Task['kind']](storedAsked(task), { by, retryOf: id });
    },
  };
}
