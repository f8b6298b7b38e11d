import {
  type Action,
  allows,
  type HeldTree,
  type InstanceView,
  ProblemError,
  routes,
  type TaskKind,
  type WorkerView,
} from '@fatbuildr/domain';
import { authorise, authoriseOwner, instancesFor, type Principal } from './access.ts';
import { mountKeyring } from './keyring-routes.ts';
import type { Mount } from './mount.ts';
import { nextPage } from './pages.ts';
import type { AppParts } from './parts.ts';
import { mountRegistry } from './registry-routes.ts';

/** What goes before it is an administrator's to say: else whoever submits would. */
const ORDINARY_PRIORITY = 50;

/** The action that it takes to ask for a task of each kind, for the first time or again. */
const ASKED_BY: Record<TaskKind, Action> = {
  build: 'build',
  'image-create': 'images',
  'image-update': 'images',
  'image-import': 'images',
  'image-exec': 'images',
  'env-create': 'images',
  'env-update': 'images',
  'env-exec': 'images',
  shell: 'images',
  'keyring-create': 'keyring',
  'keyring-import': 'keyring',
  'keyring-renew': 'keyring',
  'keyring-rotate': 'keyring',
  'registry-delete': 'registry-edit',
  'registry-promote': 'registry-edit',
  'registry-rollback': 'registry-edit',
  'registry-gc': 'registry-edit',
  'registry-check': 'registry-edit',
  'registry-import': 'registry-edit',
};

/** Everything but byte streams: each operation of the route table, answered by the service that knows. */
export function mountFarm(mount: Mount, { control, config, health, instanceView, version }: AppParts): void {
  const { submissions, tasks } = control;

  mount(routes.version, async () => ({ name: 'fatbuildr' as const, version, api: 'v1' as const }));
  mount(routes.health, () => health());

  mount(routes.instances, async ({ principal }) => {
    const visible = config.instances.filter(({ id }) => allows(principal.grants, 'view', id));
    const views = await Promise.all(visible.map((instance) => instanceView(instance)));
    return { instances: views.map((view) => withOwnKey(view, principal)) };
  });
  mount(routes.instance, async ({ params, principal }) => withOwnKey(await oneInstance(params.instance), principal));

  mount(routes.createUpload, ({ body, principal }) => control.uploads.create(body, principal));
  mount(routes.upload, ({ params }) => control.uploads.get(params.upload));

  mount(routes.build, ({ params, body, principal }) => {
    if (body.priority > ORDINARY_PRIORITY) authorise(principal, 'admin', params.instance);
    return submissions.build(params.instance, body, principal);
  });
  mount(routes.imageOperation, ({ params, body, principal }) => submissions.images(params.instance, body, principal));
  mount(routes.environmentOperation, ({ params, body, principal }) =>
    submissions.environments(params.instance, body, principal),
  );
  mount(routes.exec, ({ params, body, principal }) => submissions.exec(params.instance, body, principal));
  mount(routes.shell, ({ params, body, principal }) => submissions.shell(params.instance, body, principal));
  mount(routes.images, async ({ params }) => ({
    trees: (await control.workers.trees()).filter(({ instance }) => instance === null || instance === params.instance),
  }));

  mountKeyring(mount, { control, config });
  mountRegistry(mount, control);

  mount(routes.tasks, async ({ query, principal, reply }) => {
    if (query.instance !== undefined) authorise(principal, 'view', query.instance);
    return nextPage(reply, await tasks.list({ ...query, instances: instancesFor(principal, 'view') }));
  });
  mount(routes.task, ({ params }) => tasks.get(params.task));
  mount(routes.cancel, async ({ params, principal }) => {
    authoriseOwner(principal, await tasks.get(params.task));
    return tasks.cancel(params.task, principal);
  });
  mount(routes.retry, async ({ params, principal }) => {
    const task = await tasks.get(params.task);
    authorise(principal, ASKED_BY[task.kind], task.instance);
    authoriseOwner(principal, task);
    return submissions.retry(params.task, principal);
  });
  mount(routes.artifacts, async ({ params }) => ({ artifacts: (await tasks.get(params.task)).artifacts }));

  mount(routes.workers, async ({ principal }) => {
    const hosts = await control.workers.list();
    return { workers: hosts.map((host) => withOwnTrees(host, principal)) };
  });
  mount(routes.worker, async ({ params, principal }) =>
    withOwnTrees(await control.workers.get(params.worker), principal),
  );
  mount(routes.addWorker, ({ body, principal }) => control.enrolments.invite(body, principal));
  mount(routes.drainWorker, ({ params, principal }) => control.workers.drain(params.worker, principal));
  mount(routes.resumeWorker, ({ params, principal }) => control.workers.resume(params.worker, principal));
  mount(routes.removeWorker, ({ params, principal }) => control.workers.remove(params.worker, principal));

  mount(routes.tokens, async () => ({ tokens: await control.tokens.list() }));
  mount(routes.createToken, ({ body, principal }) => control.tokens.create(body, principal));
  mount(routes.revokeToken, ({ params, principal }) => control.tokens.revoke(params.token, principal));
  mount(routes.audit, async ({ query, reply }) => nextPage(reply, await control.audit.list(query)));

  async function oneInstance(id: string): Promise<InstanceView> {
    const instance = config.instances.find((one) => one.id === id);
    if (instance) return instanceView(instance);
    throw new ProblemError('not-found', `There is no instance ${id}.`, {
      hint: `Known: ${config.instances.map((one) => one.id).join(', ')}.`,
    });
  }
}

/** The end of a key is told to those who may renew it. */
function withOwnKey(view: InstanceView, { grants }: Principal): InstanceView {
  return allows(grants, 'keyring', view.id) ? view : { ...view, keyExpires: null };
}

/** A host without the environments of instances that are not this principal's to see. */
function withOwnTrees(host: WorkerView, principal: Principal): WorkerView {
  const visible = ({ instance }: HeldTree) => instance === null || allows(principal.grants, 'view', instance);
  return { ...host, trees: host.trees.filter(visible) };
}
