import {
  BuildRequest,
  EnvironmentRequest,
  ExecRequest,
  ImageRequest,
  KeyringRequest,
  ProblemError,
  RegistryDeletion,
  type Task,
} from '@fatbuildr/domain';
import type { z } from 'zod';
import type { Context } from './context.ts';
import { type Asked, submit } from './new-task.ts';
import { planBuild } from './plan-build/plan-build.ts';
import { planDeletion, planKeyring } from './plan-publisher.ts';
import { planEnvironments } from './plan-trees/environments.ts';
import { planExec } from './plan-trees/exec.ts';
import { planImages } from './plan-trees/images.ts';
import { notFound } from './refusal.ts';
import type { Requester, Submissions } from './services.ts';

/** Who asks, and the task it repeats, if any. */
interface Origin {
  by: Requester;
  retryOf: string | null;
}

export function createSubmissions(context: Context): Submissions {
  const { config } = context;

  function build(instance: string, request: z.output<typeof BuildRequest>, origin: Origin): Promise<Task> {
    return submit(context, { kind: 'build', instance, request, ...origin }, (tx, id) =>
      planBuild(tx, config, { id, instance }, request),
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
  function keyring(
    operation: 'create' | 'renew',
    instance: string,
    request: z.output<typeof KeyringRequest>,
    origin: Origin,
  ): Promise<Task> {
    return submit(context, { kind: `keyring-${operation}`, instance, request, ...origin }, (tx) =>
      planKeyring(tx, config, instance, { ...request, operation }),
    );
  }
  function deletion(instance: string, request: z.output<typeof RegistryDeletion>, origin: Origin): Promise<Task> {
    return submit(context, { kind: 'registry-delete', instance, request, ...origin }, (tx) =>
      planDeletion(tx, config, instance, request),
    );
  }

  /** How each kind of task is asked for again. */
  const again: Record<Task['kind'], (asked: Asked, origin: Origin) => Promise<Task>> = {
    build: ({ instance, request }, origin) => build(instance, BuildRequest.parse(request), origin),
    'image-create': ({ instance, request }, origin) => images(instance, ImageRequest.parse(request), origin),
    'image-update': ({ instance, request }, origin) => images(instance, ImageRequest.parse(request), origin),
    'image-import': ({ instance, request }, origin) => images(instance, ImageRequest.parse(request), origin),
    'image-exec': ({ instance, request }, origin) => exec(instance, ExecRequest.parse(request), origin),
    'env-create': ({ instance, request }, origin) => environments(instance, EnvironmentRequest.parse(request), origin),
    'env-update': ({ instance, request }, origin) => environments(instance, EnvironmentRequest.parse(request), origin),
    'env-exec': ({ instance, request }, origin) => exec(instance, ExecRequest.parse(request), origin),
    'keyring-create': ({ instance, request }, origin) =>
      keyring('create', instance, KeyringRequest.parse(request), origin),
    'keyring-renew': ({ instance, request }, origin) =>
      keyring('renew', instance, KeyringRequest.parse(request), origin),
    'registry-delete': ({ instance, request }, origin) => deletion(instance, RegistryDeletion.parse(request), origin),
  };
  const first = (by: Requester): Origin => ({ by, retryOf: null });

  return {
    build: (instance, request, by) => build(instance, request, first(by)),
    images: (instance, request, by) => images(instance, request, first(by)),
    environments: (instance, request, by) => environments(instance, request, first(by)),
    exec: (instance, request, by) => exec(instance, request, first(by)),
    createKeyring: (instance, request, by) => keyring('create', instance, request, first(by)),
    renewKeyring: (instance, request, by) => keyring('renew', instance, request, first(by)),
    deletePackages: (instance, request, by) => deletion(instance, request, first(by)),
    async retry(id, by) {
      const task = await context.database.stores.tasks.get(id);
      if (!task) throw notFound(`There is no task ${id}.`);
      if (task.state !== 'done') {
        throw new ProblemError('conflict', `Task ${id} is still ${task.state}.`, {
          hint: `Cancel it first: fatbuildrctl cancel ${id}`,
        });
      }
      return again[task.kind as Task['kind']](JSON.parse(task.requestJson) as Asked, { by, retryOf: id });
    },
  };
}
