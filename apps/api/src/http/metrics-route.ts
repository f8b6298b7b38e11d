import type { FastifyInstance } from 'fastify';
import { authoriseEverywhere, identify, type Listener } from './access.ts';
import type { AppParts } from './parts.ts';

/** `/metrics` for Prometheus: open on the local socket, and on TCP for who may view everything or when it is set open. */
export function mountMetrics(app: FastifyInstance, { control, config, metrics }: AppParts, listener: Listener): void {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (!config.metrics.open) {
      const principal = await identify(control, listener, request);
      // its numbers are of all instances
      authoriseEverywhere(principal, 'view');
    }
    const { contentType, body } = await metrics.render();
    return reply.type(contentType).header('cache-control', 'no-store').send(body);
  });
}

/** Counts every request of this listener and how long it took. */
export function countRequests(app: FastifyInstance, { metrics }: AppParts): void {
  app.addHook('onResponse', async (request, reply) => {
    metrics.answered({
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      status: reply.statusCode,
      took: reply.elapsedTime,
    });
  });
}
