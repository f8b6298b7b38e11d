import { z } from 'zod';
import { endpoints } from './endpoints.ts';
import { KeyringFiles, KeyringImport, KeyringInfo, KeyringRequest, KeyringRotation } from './keyring.ts';
import { InstanceName } from './names.ts';
import type { Route } from './route.ts';
import { Task } from './task.ts';

const params = z.object({ instance: InstanceName });

/** What is asked for is done by the publisher: the answer is its task. */
const change = { action: 'keyring', scope: 'instance', params, status: 202, response: Task } as const;

/** The part of the REST interface that is about signing keys. */
export const keyringRoutes = {
  keyring: {
    ...endpoints.keyring,
    summary: 'The signing key, without its secret',
    action: 'view',
    scope: 'instance',
    params,
    status: 200,
    response: KeyringInfo,
  },
  keyringFiles: {
    ...endpoints.keyringFiles,
    summary: 'Where on the publisher’s host a key is put to be imported, and where revocation certificates are',
    action: 'keyring',
    scope: 'instance',
    params,
    status: 200,
    response: KeyringFiles,
  },
  createKeyring: {
    ...change,
    ...endpoints.createKeyring,
    summary: 'Create the signing key and the empty repositories',
    body: KeyringRequest,
  },
  importKeyring: {
    ...change,
    ...endpoints.importKeyring,
    summary: 'Make the secret key that was put on the publisher’s host the signing key',
    body: KeyringImport,
  },
  renewKeyring: {
    ...change,
    ...endpoints.renewKeyring,
    summary: 'Move the expiry of the signing key',
    body: KeyringRequest,
  },
  rotateKeyring: {
    ...change,
    ...endpoints.rotateKeyring,
    summary: 'Have another key follow: start, switch, finish',
    body: KeyringRotation,
  },
} as const satisfies Record<string, Route>;
