import { Action, allows, type Grant, ProblemError } from '@fatbuildr/domain';
import type { FastifyRequest } from 'fastify';
import type { Control, WorkerIdentity } from '../control/services.ts';

/** Who may do what on this listener. */
export type Listener =
  /** TCP: bearer tokens, and workers by their secrets. */
  | 'tcp'
  /** The administrator's Unix socket: its file mode is the authentication. */
  | 'local'
  /** The publisher's Unix socket. */
  | 'internal';

/** Who makes a request, and what they may do. */
export interface Principal {
  /** `local`, `anonymous`, or the token's name. */
  name: string;
  /** The token's id; null without one. */
  token: string | null;
  /** The address the request came from; null over a socket. */
  origin: string | null;
  grants: readonly Grant[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Known as soon as somebody asked, see {@link identify}. */
    principal?: Principal;
  }
}

const EVERYTHING: readonly Grant[] = [{ instance: '*', actions: Action.options }];

/** Who makes this request. Without credentials it is somebody who may do what is open to all. */
export async function identify(control: Control, listener: Listener, request: FastifyRequest): Promise<Principal> {
  request.principal ??= await principalOf(control, listener, request);
  return request.principal;
}

async function principalOf(control: Control, listener: Listener, request: FastifyRequest): Promise<Principal> {
  if (listener === 'local') return { name: 'local', token: null, origin: null, grants: EVERYTHING };
  const origin = request.ip;
  const secret = bearer(request);
  if (secret === undefined) return { name: 'anonymous', token: null, origin, grants: control.policy.anonymous };
  const { id, name, grants } = await control.tokens.authenticate(secret);
  return { name, token: id, origin, grants };
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
  if (allows(principal.grants, action, instance)) return;
  throw missing(principal, action, instance === undefined ? '' : ` in instance ${instance}`);
}

/** As {@link authorise}, for what concerns the whole farm: the action must be allowed in every instance. */
export function authoriseEverywhere(principal: Principal, action: Action): void {
  if (allows(principal.grants, action, '*')) return;
  throw missing(principal, action, ' in all instances');
}

/**
 * Lets pass who submitted a task itself, and administrators of its instance. Tokens of one name are one submitter.
 *
 * @throws {ProblemError} `not-authorised`
 */
export function authoriseOwner(principal: Principal, task: { instance: string; requestedBy: string }): void {
  if (task.requestedBy === principal.name || allows(principal.grants, 'admin', task.instance)) return;
  throw missing(principal, 'admin', ` in instance ${task.instance}, which a task of ${task.requestedBy} takes`);
}

/** The instances that `principal` may do `action` in; undefined for all. */
export function instancesFor(principal: Principal, action: Action): string[] | undefined {
  if (allows(principal.grants, action, '*')) return undefined;
  return principal.grants.filter((grant) => grant.actions.includes(action)).map((grant) => grant.instance);
}

function missing({ name, token, grants }: Principal, action: Action, place: string): ProblemError {
  if (token === null) {
    return new ProblemError('not-authenticated', `This needs a token that allows ${action}${place}.`, {
      hint: `Send it as "Authorization: Bearer …"; an administrator makes one with: fatbuildrctl tokens create NAME --action ${action}`,
    });
  }
  const where = grants.filter((grant) => grant.actions.includes(action)).map((grant) => grant.instance);
  const only = where.length > 0 ? ` It has it in ${where.join(', ')} only.` : '';
  return new ProblemError('not-authorised', `${name} lacks the action ${action}${place}.${only}`, {
    hint: `An administrator can make a token for it: fatbuildrctl tokens create NAME --action ${action}`,
  });
}

/** Whether a build host makes this request, with its secret: what it builds may need what is published. */
export async function isWorker(control: Control, request: FastifyRequest): Promise<boolean> {
  const secret = bearer(request);
  if (secret === undefined) return false;
  return control.workers.authenticate(secret).then(
    () => true,
    () => false,
  );
}

/** The secret of the request, if it carries one: as a bearer token, or as the password of Basic, which apt and dnf know. */
function bearer({ headers: { authorization = '' } }: FastifyRequest): string | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) ([\x21-\x7e]{1,512})$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value || undefined;
  const decoded = Buffer.from(value, 'base64').toString('latin1');
  return decoded.slice(decoded.indexOf(':') + 1) || undefined;
}
