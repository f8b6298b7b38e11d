import { API_PREFIX, allows, type ProblemKind, WORKER_PREFIX } from '@fatbuildr/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AppParts } from './parts.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What it was refused with. */
    problem?: ProblemKind;
  }
}

/** The same entry is written once in this time: who knocks a thousand times fills no disk. */
const ONCE_MS = 60_000;
const MOST_REMEMBERED = 10_000;

/**
 * Writes to the audit log what the services do not write themselves with the change: changes that were refused or
 * failed, whatever was denied, and that an administrator's token was used.
 */
export function auditRequests(app: FastifyInstance, { control }: AppParts): void {
  const written = new Map<string, number>();
  const isNew = (key: string, now: number): boolean => {
    if (now - (written.get(key) ?? Number.NEGATIVE_INFINITY) < ONCE_MS) return false;
    if (written.size >= MOST_REMEMBERED) written.clear();
    written.set(key, now);
    return true;
  };
  // before the answer leaves: who was refused finds it written down
  app.addHook('onSend', async (request, reply) => {
    const entry = entryFor(request, reply);
    if (!entry || !isNew(Object.values(entry).join('\n'), Date.now())) return;
    await control.audit
      .record(entry)
      .catch((err: unknown) => request.log.error({ err, entry }, 'the audit log could not be written'));
  });
}

function entryFor(request: FastifyRequest, reply: FastifyReply) {
  const { principal, method } = request;
  const path = request.url.split('?')[0] ?? '';
  if (!path.startsWith(API_PREFIX)) return undefined;
  const entry = {
    who: principal?.name ?? 'anonymous',
    origin: principal ? principal.origin : request.ip || null,
    action: `${method} ${request.routeOptions.url ?? ''}`.replace(API_PREFIX, ''),
    subject: path.slice(API_PREFIX.length),
    outcome: request.problem ?? 'done',
    detail: null,
  };
  if (request.problem === 'not-authenticated' || request.problem === 'not-authorised') return entry;
  if (path.startsWith(WORKER_PREFIX)) return undefined;
  if (reply.statusCode >= 400) return method === 'GET' || method === 'HEAD' ? undefined : entry;
  if (!principal?.token || method !== 'GET' || !allows(principal.grants, 'admin')) return undefined;
  return { ...entry, action: 'token-use', subject: principal.token };
}
