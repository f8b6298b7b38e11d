import { Action, ProblemError } from '@fatbuildr/domain';
import type { FastifyRequest } from 'fastify';
import type { Control, TokenIdentity, WorkerIdentity } from '../control/services.ts';

/** Who may do what on this listener. */
export type Listener =
  /** TCP: bearer tokens, and workers by their secrets. */
  | 'tcp'
  /** The administrator's Unix socket: its file mode is the authentication. */
  | 'local'
  /** The publisher's Unix socket. */
  | 'internal';

/** Somebody who may do `actions` in `instance` (`*`: in all). */
export type Principal = TokenIdentity;

const LOCAL: Principal = { id: 'local', name: 'local', instance: '*', actions: Action.options };
const ANYBODY: Principal = { id: 'anonymous', name: 'anonymous', instance: '*', actions: [] };

/** Who makes this request. Without credentials it is somebody who may do nothing but what is open to all. */
export async function identify(control: Control, listener: Listener, request: FastifyRequest): Promise<Principal> {
  if (listener === 'local') return LOCAL;
  const secret = bearer(request);
  return secret === undefined ? ANYBODY : control.tokens.authenticate(secret);
}

/**
 * The worker behind a request of the worker protocol.
 *
 * @throws {ProblemError} `not-authenticated`
 */
export async function identifyWorker(
  control: Control,
  listener: Listener,
  request: FastifyRequest,
): Promise<WorkerIdentity> {
  if (listener === 'internal') return control.workers.publisher();
  const secret = bearer(request);
  if (secret === undefined) {
    throw new ProblemError('not-authenticated', "The worker protocol needs the worker's secret as a bearer token.");
  }
  return control.workers.authenticate(secret);
}

/**
 * Lets pass who may do `action` in `instance`; without an instance, who may do it anywhere.
 *
 * @throws {ProblemError} `not-authenticated`, `not-authorised` with the action that was missing
 */
export function authorise(principal: Principal, action: Action, instance?: string): void {
  if (principal === ANYBODY) {
    throw new ProblemError('not-authenticated', `This needs a token that allows ${action}.`, {
      hint: 'Send it as "Authorization: Bearer …"; an administrator makes one with: fatbuildrctl tokens create NAME',
    });
  }
  const place = instance === undefined ? '' : ` in instance ${instance}`;
  if (!principal.actions.includes(action)) {
    throw new ProblemError(
      'not-authorised',
      `${principal.name} may not ${action}${place}: the action ${action} is missing.`,
      {
        hint: `An administrator can make a token for it: fatbuildrctl tokens create NAME --action ${action}`,
      },
    );
  }
  if (instance !== undefined && !covers(principal, instance)) {
    throw new ProblemError(
      'not-authorised',
      `${principal.name} is for instance ${principal.instance}, not ${instance}.`,
    );
  }
}

/** Whether something of `instance` may be shown to, or done by, this principal. */
export function covers(principal: Principal, instance: string): boolean {
  return principal.instance === '*' || principal.instance === instance;
}

function bearer(request: FastifyRequest): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1];
}
