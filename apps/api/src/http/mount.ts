import { createHash } from 'node:crypto';
import { API_PREFIX, ProblemError, type Route, routes } from '@fatbuildr/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Control } from '../control/services.ts';
import { authorise, authoriseEverywhere, identify, type Listener, type Principal } from './access.ts';

type Part<R, K extends string> = R extends Record<K, infer S extends z.ZodType> ? z.output<S> : undefined;

/** A request that was validated and allowed. */
export interface Call<R extends Route> {
  params: Part<R, 'params'>;
  query: Part<R, 'query'>;
  body: Part<R, 'body'>;
  principal: Principal;
  reply: FastifyReply;
}

export type Mount = <R extends Route>(route: R, handler: (call: Call<R>) => Promise<z.input<R['response']>>) => void;

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/** How operations of the route table are put on a listener: validated, checked against the caller's rights, documented. */
export function mounter(app: FastifyInstance, control: Control, listener: Listener): Mount {
  return (route, handler) => {
    app.route({
      method: route.method,
      url: API_PREFIX + route.path,
      schema: {
        summary: route.summary,
        tags: [route.path.split('/')[1] ?? ''],
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { querystring: route.query } : {}),
        ...(route.body ? { body: route.body } : {}),
        response: { [route.status]: route.response },
        ...(route.action === null ? {} : { security: [{ token: [route.action] }] }),
      },
      config: { submits: route.status === 202 },
      // before the body is read, and before anybody learns what it should have been
      onRequest: (request) => allow(control, listener, route, request),
      handler: async (request, reply) => {
        const principal = await identify(control, listener, request);
        const call = { params: request.params, query: request.query, body: request.body, principal, reply };
        const run = () => handler(call as never);
        reply.status(route.status);
        const key = request.headers['idempotency-key'];
        if (key === undefined || !isReplayable(route)) return answer(route, reply, await run());
        return once(control, request, reply, route, principal, String(key), run);
      },
    });
  };
}

/** Answers that may be given again are kept for a while: that with a token's secret is not. */
function isReplayable(route: Route): boolean {
  return route.method === 'POST' && route !== routes.createToken;
}

function answer(route: Route, reply: FastifyReply, value: unknown): unknown {
  return route.status === 204 ? reply.send() : value;
}

async function allow(control: Control, listener: Listener, route: Route, request: FastifyRequest): Promise<void> {
  const principal = await identify(control, listener, request);
  if (route.action === null) return;
  const params = request.params as { instance?: string; task?: string };
  if (route.scope === 'instance') authorise(principal, route.action, params.instance);
  else if (route.action === 'admin') authoriseEverywhere(principal, route.action);
  else authorise(principal, route.action);
  if (route.scope === 'task') authorise(principal, route.action, (await control.tasks.get(params.task ?? '')).instance);
}

/** `Idempotency-Key`: the first answer again, whatever became of the connection that asked for it. */
async function once(
  control: Control,
  request: FastifyRequest,
  reply: FastifyReply,
  route: Route,
  principal: Principal,
  key: string,
  run: () => Promise<unknown>,
): Promise<unknown> {
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new ProblemError('bad-request', 'Idempotency-Key: 1 to 128 printable ASCII characters without spaces.');
  }
  const fingerprint = createHash('sha256')
    .update(`${route.method} ${request.url}\n`)
    .update(JSON.stringify(request.body ?? null))
    .digest('hex');
  const stored = await control.idempotency.once(
    { requester: principal.token ?? principal.name, key, fingerprint },
    async () => ({
      status: route.status,
      body: JSON.stringify(await run()),
    }),
  );
  if (stored.replayed) void reply.header('idempotency-replayed', 'true');
  return answer(route, reply.status(stored.status), JSON.parse(stored.body));
}
