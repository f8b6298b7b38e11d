/** The public REST interface, version 1. */
export const API_PREFIX = '/api/v1';

/** Where an operation is called: below {@link API_PREFIX}, with `:name` parameters. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
}

/** Every operation of `routes`. A client needs this at run time, and the schemas there as types only. */
export const endpoints = {
  version: { method: 'GET', path: '/version' },
  health: { method: 'GET', path: '/health' },
  instances: { method: 'GET', path: '/instances' },
  instance: { method: 'GET', path: '/instances/:instance' },
  createUpload: { method: 'POST', path: '/uploads' },
  upload: { method: 'GET', path: '/uploads/:upload' },
  build: { method: 'POST', path: '/instances/:instance/builds' },
  images: { method: 'GET', path: '/instances/:instance/images' },
  imageOperation: { method: 'POST', path: '/instances/:instance/images' },
  environmentOperation: { method: 'POST', path: '/instances/:instance/environments' },
  exec: { method: 'POST', path: '/instances/:instance/commands' },
  shell: { method: 'POST', path: '/instances/:instance/shells' },
  keyring: { method: 'GET', path: '/instances/:instance/keyring' },
  keyringFiles: { method: 'GET', path: '/instances/:instance/keyring/files' },
  createKeyring: { method: 'POST', path: '/instances/:instance/keyring' },
  importKeyring: { method: 'POST', path: '/instances/:instance/keyring/imports' },
  renewKeyring: { method: 'POST', path: '/instances/:instance/keyring/renewals' },
  rotateKeyring: { method: 'POST', path: '/instances/:instance/keyring/rotations' },
  registry: { method: 'GET', path: '/instances/:instance/registry/:format/:distribution' },
  registryPackage: { method: 'GET', path: '/instances/:instance/registry/:format/:distribution/packages/:name' },
  publications: { method: 'GET', path: '/instances/:instance/registry/:format/:distribution/publications' },
  publication: { method: 'GET', path: '/instances/:instance/registry/:format/:distribution/publications/:revision' },
  registryDifference: { method: 'GET', path: '/instances/:instance/registry/diff' },
  deleteFromRegistry: { method: 'POST', path: '/instances/:instance/registry/deletions' },
  promote: { method: 'POST', path: '/instances/:instance/registry/promotions' },
  rollBack: { method: 'POST', path: '/instances/:instance/registry/rollbacks' },
  collectRegistry: { method: 'POST', path: '/instances/:instance/registry/collections' },
  checkRegistry: { method: 'POST', path: '/instances/:instance/registry/checks' },
  importIntoRegistry: { method: 'POST', path: '/instances/:instance/registry/imports' },
  tasks: { method: 'GET', path: '/tasks' },
  task: { method: 'GET', path: '/tasks/:task' },
  cancel: { method: 'POST', path: '/tasks/:task/cancel' },
  retry: { method: 'POST', path: '/tasks/:task/retry' },
  artifacts: { method: 'GET', path: '/tasks/:task/artifacts' },
  workers: { method: 'GET', path: '/workers' },
  worker: { method: 'GET', path: '/workers/:worker' },
  addWorker: { method: 'POST', path: '/workers' },
  drainWorker: { method: 'POST', path: '/workers/:worker/drain' },
  resumeWorker: { method: 'POST', path: '/workers/:worker/resume' },
  removeWorker: { method: 'DELETE', path: '/workers/:worker' },
  tokens: { method: 'GET', path: '/tokens' },
  createToken: { method: 'POST', path: '/tokens' },
  revokeToken: { method: 'DELETE', path: '/tokens/:token' },
  audit: { method: 'GET', path: '/audit' },
} as const satisfies Record<string, Endpoint>;

/**
 * Byte streams, with ETag and Range where they are files. `uploadChunk` is a `PATCH` of raw bytes with the header
 * `upload-offset`, answered 204 with the new `upload-offset`, or `upload-offset` {offset}. `log` also speaks WebSocket
 * with `?offset=`: binary frames of 8 bytes of offset (big endian) and log, a last text frame `LogEnd`.
 * `terminal` is a WebSocket alone, see `terminal.ts`, with the query `TerminalQuery`.
 */
export const streams = {
  uploadChunk: '/uploads/:upload',
  log: '/attempts/:attempt/log',
  terminal: '/attempts/:attempt/terminal',
  artifact: '/tasks/:task/artifacts/:name',
  publicKey: '/instances/:instance/keyring/public.asc',
  publicKeyBytes: '/instances/:instance/keyring/public.gpg',
} as const;
