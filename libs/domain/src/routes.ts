import { z } from 'zod';
import {
  type Action,
  AuditPage,
  AuditQuery,
  BuildRequest,
  EnvironmentRequest,
  HealthView,
  ImageRequest,
  InstanceView,
  KeyringRequest,
  RegistryDeletion,
  RegistryPage,
  RegistryQuery,
  TaskPage,
  TaskQuery,
  TokenCreated,
  TokenRequest,
  TokenView,
  TreeView,
  Upload,
  UploadRequest,
  VersionView,
  WorkerInvitation,
  WorkerRequest,
  WorkerView,
} from './api.ts';
import { type Endpoint, endpoints } from './endpoints.ts';
import { Id } from './ids.ts';
import { FileName, Format, InstanceName, SuiteName, WorkerName } from './names.ts';
import { KeyringInfo, RegistryPackage } from './registry.ts';
import { Artifact, Task, TaskDetail } from './task.ts';

/**
 * One operation of the REST interface: the api mounts it, checks access by it and documents it, the client is typed
 * after it.
 */
export interface Route extends Endpoint {
  summary: string;
  /** The action that a token must allow; null for what anybody may see. */
  action: Action | null;
  /** Where the instance that the token must cover comes from: the path, the task named by it, or no one instance. */
  scope: 'instance' | 'task' | 'farm';
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Status of success; 202 for what is queued and answers with its task. */
  status: 200 | 201 | 202 | 204;
  response: z.ZodType;
}

const inInstance = z.object({ instance: InstanceName });
const ofTask = z.object({ task: Id });
const ofWorker = z.object({ worker: WorkerName });
const nothing = z.void();

/** Everything but byte streams: uploads' `PATCH`, logs and files, which `streams` lists. */
export const routes = {
  version: {
    ...endpoints.version,
    summary: 'Version of the server',
    action: null,
    scope: 'farm',
    status: 200,
    response: VersionView,
  },
  health: {
    ...endpoints.health,
    summary: 'State of every part of the farm',
    action: null,
    scope: 'farm',
    status: 200,
    response: HealthView,
  },
  instances: {
    ...endpoints.instances,
    summary: 'Instances with their distributions and repositories',
    action: 'view',
    scope: 'farm',
    status: 200,
    response: z.object({ instances: z.array(InstanceView) }),
  },
  instance: {
    ...endpoints.instance,
    summary: 'One instance',
    action: 'view',
    scope: 'instance',
    params: inInstance,
    status: 200,
    response: InstanceView,
  },
  createUpload: {
    ...endpoints.createUpload,
    summary: 'Announce an upload; its bytes follow with PATCH',
    action: 'build',
    scope: 'farm',
    body: UploadRequest,
    status: 201,
    response: Upload,
  },
  upload: {
    ...endpoints.upload,
    summary: 'How far an upload is, and its digest when it is complete',
    action: 'build',
    scope: 'farm',
    params: z.object({ upload: Id }),
    status: 200,
    response: Upload,
  },
  build: {
    ...endpoints.build,
    summary: 'Submit a build',
    action: 'build',
    scope: 'instance',
    params: inInstance,
    body: BuildRequest,
    status: 202,
    response: Task,
  },
  images: {
    ...endpoints.images,
    summary: 'Tool images and build environments that the hosts hold',
    action: 'view',
    scope: 'instance',
    params: inInstance,
    status: 200,
    response: z.object({ trees: z.array(TreeView) }),
  },
  imageOperation: {
    ...endpoints.imageOperation,
    summary: 'Create or update tool images on every host',
    action: 'images',
    scope: 'instance',
    params: inInstance,
    body: ImageRequest,
    status: 202,
    response: Task,
  },
  environmentOperation: {
    ...endpoints.environmentOperation,
    summary: 'Create or update build environments on every host',
    action: 'images',
    scope: 'instance',
    params: inInstance,
    body: EnvironmentRequest,
    status: 202,
    response: Task,
  },
  keyring: {
    ...endpoints.keyring,
    summary: 'The signing key, without its secret',
    action: 'view',
    scope: 'instance',
    params: inInstance,
    status: 200,
    response: KeyringInfo,
  },
  createKeyring: {
    ...endpoints.createKeyring,
    summary: 'Create the signing key and the empty repositories',
    action: 'keyring',
    scope: 'instance',
    params: inInstance,
    body: KeyringRequest,
    status: 202,
    response: Task,
  },
  renewKeyring: {
    ...endpoints.renewKeyring,
    summary: 'Move the expiry of the signing key',
    action: 'keyring',
    scope: 'instance',
    params: inInstance,
    body: KeyringRequest,
    status: 202,
    response: Task,
  },
  registry: {
    ...endpoints.registry,
    summary: 'Published packages',
    action: 'view',
    scope: 'instance',
    params: inInstance.extend({ format: Format, distribution: SuiteName }),
    query: RegistryQuery,
    status: 200,
    response: RegistryPage,
  },
  registryPackage: {
    ...endpoints.registryPackage,
    summary: 'Every published version of the packages of that name',
    action: 'view',
    scope: 'instance',
    params: inInstance.extend({ format: Format, distribution: SuiteName, name: z.string().max(128) }),
    query: z.object({ derivative: SuiteName.optional() }),
    status: 200,
    response: z.object({ packages: z.array(RegistryPackage) }),
  },
  deleteFromRegistry: {
    ...endpoints.deleteFromRegistry,
    summary: 'Withdraw an artifact from a repository',
    action: 'registry-edit',
    scope: 'instance',
    params: inInstance,
    body: RegistryDeletion,
    status: 202,
    response: Task,
  },
  tasks: {
    ...endpoints.tasks,
    summary: 'Tasks: the queue, or the history, newest first',
    action: 'view',
    scope: 'farm',
    query: TaskQuery,
    status: 200,
    response: TaskPage,
  },
  task: {
    ...endpoints.task,
    summary: 'A task with its jobs, attempts, phases and artifacts. A unique prefix of the id will do',
    action: 'view',
    scope: 'task',
    params: z.object({ task: z.string().regex(/^[a-z2-7]{1,16}$/) }),
    status: 200,
    response: TaskDetail,
  },
  cancel: {
    ...endpoints.cancel,
    summary: 'Cancel a task: one of the same token, or with the action admin any',
    action: 'cancel',
    scope: 'task',
    params: ofTask,
    status: 200,
    response: Task,
  },
  retry: {
    ...endpoints.retry,
    summary:
      'Submit a finished task once more: one of the same token, or with the action admin any; takes the action that the task took',
    action: 'view',
    scope: 'task',
    params: ofTask,
    status: 202,
    response: Task,
  },
  artifacts: {
    ...endpoints.artifacts,
    summary: 'Files that a build handed in',
    action: 'view',
    scope: 'task',
    params: ofTask,
    status: 200,
    response: z.object({ artifacts: z.array(Artifact) }),
  },
  workers: {
    ...endpoints.workers,
    summary: 'Build hosts',
    action: 'view',
    scope: 'farm',
    status: 200,
    response: z.object({ workers: z.array(WorkerView) }),
  },
  worker: {
    ...endpoints.worker,
    summary: 'One build host, by its name',
    action: 'view',
    scope: 'farm',
    params: ofWorker,
    status: 200,
    response: WorkerView,
  },
  addWorker: {
    ...endpoints.addWorker,
    summary: 'Let a new build host enrol; the only time its token is shown',
    action: 'admin',
    scope: 'farm',
    body: WorkerRequest,
    status: 201,
    response: WorkerInvitation,
  },
  drainWorker: {
    ...endpoints.drainWorker,
    summary: 'Give a build host no new jobs; what runs there goes on',
    action: 'admin',
    scope: 'farm',
    params: ofWorker,
    status: 200,
    response: WorkerView,
  },
  resumeWorker: {
    ...endpoints.resumeWorker,
    summary: 'Give a drained or quarantined build host jobs again',
    action: 'admin',
    scope: 'farm',
    params: ofWorker,
    status: 200,
    response: WorkerView,
  },
  removeWorker: {
    ...endpoints.removeWorker,
    summary: 'Revoke a build host at once; what runs there is tried elsewhere',
    action: 'admin',
    scope: 'farm',
    params: ofWorker,
    status: 204,
    response: nothing,
  },
  tokens: {
    ...endpoints.tokens,
    summary: 'Access tokens, without their secrets',
    action: 'admin',
    scope: 'farm',
    status: 200,
    response: z.object({ tokens: z.array(TokenView) }),
  },
  createToken: {
    ...endpoints.createToken,
    summary: 'Create an access token; the only time its secret is shown',
    action: 'admin',
    scope: 'farm',
    body: TokenRequest,
    status: 201,
    response: TokenCreated,
  },
  revokeToken: {
    ...endpoints.revokeToken,
    summary: 'Revoke an access token',
    action: 'admin',
    scope: 'farm',
    params: z.object({ token: Id }),
    status: 204,
    response: nothing,
  },
  audit: {
    ...endpoints.audit,
    summary: 'Who did what, newest first',
    action: 'admin',
    scope: 'farm',
    query: AuditQuery,
    status: 200,
    response: AuditPage,
  },
} as const satisfies Record<keyof typeof endpoints, Route>;

/** Parameters of the paths in `streams`. */
export const StreamParams = z.object({ upload: Id, attempt: Id, task: Id, name: FileName }).partial();
