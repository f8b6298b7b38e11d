import { z } from 'zod';
import {
  type Action,
  AuditPage,
  AuditQuery,
  BuildRequest,
  EnvironmentRequest,
  ExecRequest,
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
import { Id } from './ids.ts';
import { FileName, Format, InstanceName, SuiteName, WorkerName } from './names.ts';
import { KeyringInfo, RegistryPackage } from './registry.ts';
import { Artifact, Task, TaskDetail } from './task.ts';

/**
 * One operation of the REST interface: the api mounts it, checks access by it and documents it, the client calls it.
 * Paths are below `/api/v1`, with `:name` parameters.
 */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
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

/** Everything but byte streams: uploads' `PATCH`, logs and files, which {@link streams} lists. */
export const routes = {
  version: {
    method: 'GET',
    path: '/version',
    summary: 'Version of the server',
    action: null,
    scope: 'farm',
    status: 200,
    response: VersionView,
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'State of every part of the farm',
    action: null,
    scope: 'farm',
    status: 200,
    response: HealthView,
  },
  instances: {
    method: 'GET',
    path: '/instances',
    summary: 'Instances with their distributions and repositories',
    action: 'view',
    scope: 'farm',
    status: 200,
    response: z.object({ instances: z.array(InstanceView) }),
  },
  instance: {
    method: 'GET',
    path: '/instances/:instance',
    summary: 'One instance',
    action: 'view',
    scope: 'instance',
    params: inInstance,
    status: 200,
    response: InstanceView,
  },
  createUpload: {
    method: 'POST',
    path: '/uploads',
    summary: 'Announce an upload; its bytes follow with PATCH',
    action: 'build',
    scope: 'farm',
    body: UploadRequest,
    status: 201,
    response: Upload,
  },
  upload: {
    method: 'GET',
    path: '/uploads/:upload',
    summary: 'How far an upload is, and its digest when it is complete',
    action: 'build',
    scope: 'farm',
    params: z.object({ upload: Id }),
    status: 200,
    response: Upload,
  },
  build: {
    method: 'POST',
    path: '/instances/:instance/builds',
    summary: 'Submit a build',
    action: 'build',
    scope: 'instance',
    params: inInstance,
    body: BuildRequest,
    status: 202,
    response: Task,
  },
  images: {
    method: 'GET',
    path: '/instances/:instance/images',
    summary: 'Tool images and build environments that the hosts hold',
    action: 'view',
    scope: 'instance',
    params: inInstance,
    status: 200,
    response: z.object({ trees: z.array(TreeView) }),
  },
  imageOperation: {
    method: 'POST',
    path: '/instances/:instance/images',
    summary: 'Create, update or import tool images on every host',
    action: 'images',
    scope: 'instance',
    params: inInstance,
    body: ImageRequest,
    status: 202,
    response: Task,
  },
  environmentOperation: {
    method: 'POST',
    path: '/instances/:instance/environments',
    summary: 'Create or update build environments on every host',
    action: 'images',
    scope: 'instance',
    params: inInstance,
    body: EnvironmentRequest,
    status: 202,
    response: Task,
  },
  exec: {
    method: 'POST',
    path: '/instances/:instance/commands',
    summary: 'Run a command in a throw-away copy of a tool image or build environment',
    action: 'images',
    scope: 'instance',
    params: inInstance,
    body: ExecRequest,
    status: 202,
    response: Task,
  },
  keyring: {
    method: 'GET',
    path: '/instances/:instance/keyring',
    summary: 'The signing key, without its secret',
    action: 'view',
    scope: 'instance',
    params: inInstance,
    status: 200,
    response: KeyringInfo,
  },
  createKeyring: {
    method: 'POST',
    path: '/instances/:instance/keyring',
    summary: 'Create the signing key and the empty repositories',
    action: 'keyring',
    scope: 'instance',
    params: inInstance,
    body: KeyringRequest,
    status: 202,
    response: Task,
  },
  renewKeyring: {
    method: 'POST',
    path: '/instances/:instance/keyring/renewals',
    summary: 'Move the expiry of the signing key',
    action: 'keyring',
    scope: 'instance',
    params: inInstance,
    body: KeyringRequest,
    status: 202,
    response: Task,
  },
  registry: {
    method: 'GET',
    path: '/instances/:instance/registry/:format/:distribution',
    summary: 'Published packages',
    action: 'view',
    scope: 'instance',
    params: inInstance.extend({ format: Format, distribution: SuiteName }),
    query: RegistryQuery,
    status: 200,
    response: RegistryPage,
  },
  registryPackage: {
    method: 'GET',
    path: '/instances/:instance/registry/:format/:distribution/packages/:name',
    summary: 'Every published version of the packages of that name',
    action: 'view',
    scope: 'instance',
    params: inInstance.extend({ format: Format, distribution: SuiteName, name: z.string().max(128) }),
    query: z.object({ derivative: SuiteName.optional() }),
    status: 200,
    response: z.object({ packages: z.array(RegistryPackage) }),
  },
  deleteFromRegistry: {
    method: 'POST',
    path: '/instances/:instance/registry/deletions',
    summary: 'Withdraw an artifact from a repository',
    action: 'registry-edit',
    scope: 'instance',
    params: inInstance,
    body: RegistryDeletion,
    status: 202,
    response: Task,
  },
  tasks: {
    method: 'GET',
    path: '/tasks',
    summary: 'Tasks: the queue, or the history, newest first',
    action: 'view',
    scope: 'farm',
    query: TaskQuery,
    status: 200,
    response: TaskPage,
  },
  task: {
    method: 'GET',
    path: '/tasks/:task',
    summary: 'A task with its jobs, attempts, phases and artifacts. A unique prefix of the id will do',
    action: 'view',
    scope: 'task',
    params: z.object({ task: z.string().regex(/^[a-z2-7]{1,16}$/) }),
    status: 200,
    response: TaskDetail,
  },
  cancel: {
    method: 'POST',
    path: '/tasks/:task/cancel',
    summary: 'Cancel a task: one of the same token, or with the action admin any',
    action: 'cancel',
    scope: 'task',
    params: ofTask,
    status: 200,
    response: Task,
  },
  retry: {
    method: 'POST',
    path: '/tasks/:task/retry',
    summary:
      'Submit a finished task once more: one of the same token, or with the action admin any; takes the action that the task took',
    action: 'view',
    scope: 'task',
    params: ofTask,
    status: 202,
    response: Task,
  },
  artifacts: {
    method: 'GET',
    path: '/tasks/:task/artifacts',
    summary: 'Files that a build handed in',
    action: 'view',
    scope: 'task',
    params: ofTask,
    status: 200,
    response: z.object({ artifacts: z.array(Artifact) }),
  },
  workers: {
    method: 'GET',
    path: '/workers',
    summary: 'Build hosts',
    action: 'view',
    scope: 'farm',
    status: 200,
    response: z.object({ workers: z.array(WorkerView) }),
  },
  worker: {
    method: 'GET',
    path: '/workers/:worker',
    summary: 'One build host, by its name',
    action: 'view',
    scope: 'farm',
    params: ofWorker,
    status: 200,
    response: WorkerView,
  },
  addWorker: {
    method: 'POST',
    path: '/workers',
    summary: 'Let a new build host enrol; the only time its token is shown',
    action: 'admin',
    scope: 'farm',
    body: WorkerRequest,
    status: 201,
    response: WorkerInvitation,
  },
  drainWorker: {
    method: 'POST',
    path: '/workers/:worker/drain',
    summary: 'Give a build host no new jobs; what runs there goes on',
    action: 'admin',
    scope: 'farm',
    params: ofWorker,
    status: 200,
    response: WorkerView,
  },
  resumeWorker: {
    method: 'POST',
    path: '/workers/:worker/resume',
    summary: 'Give a drained or quarantined build host jobs again',
    action: 'admin',
    scope: 'farm',
    params: ofWorker,
    status: 200,
    response: WorkerView,
  },
  removeWorker: {
    method: 'DELETE',
    path: '/workers/:worker',
    summary: 'Revoke a build host at once; what runs there is tried elsewhere',
    action: 'admin',
    scope: 'farm',
    params: ofWorker,
    status: 204,
    response: nothing,
  },
  tokens: {
    method: 'GET',
    path: '/tokens',
    summary: 'Access tokens, without their secrets',
    action: 'admin',
    scope: 'farm',
    status: 200,
    response: z.object({ tokens: z.array(TokenView) }),
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    summary: 'Create an access token; the only time its secret is shown',
    action: 'admin',
    scope: 'farm',
    body: TokenRequest,
    status: 201,
    response: TokenCreated,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/tokens/:token',
    summary: 'Revoke an access token',
    action: 'admin',
    scope: 'farm',
    params: z.object({ token: Id }),
    status: 204,
    response: nothing,
  },
  audit: {
    method: 'GET',
    path: '/audit',
    summary: 'Who did what, newest first',
    action: 'admin',
    scope: 'farm',
    query: AuditQuery,
    status: 200,
    response: AuditPage,
  },
} as const satisfies Record<string, Route>;

/**
 * Byte streams, with ETag and Range where they are files. `uploadChunk` is a `PATCH` of raw bytes with the header
 * `upload-offset`, answered 204 with the new `upload-offset`, or `upload-offset` {offset}. `log` also speaks WebSocket
 * with `?offset=`: binary frames of 8 bytes of offset (big endian) and log, a last text frame {@link LogEnd}.
 */
export const streams = {
  uploadChunk: '/uploads/:upload',
  log: '/attempts/:attempt/log',
  artifact: '/tasks/:task/artifacts/:name',
} as const;

/** Parameters of the paths in {@link streams}. */
export const StreamParams = z.object({ upload: Id, attempt: Id, task: Id, name: FileName }).partial();
