import websocket from '@fastify/websocket';
import { API_PREFIX } from '@fatbuildr/domain';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Listener } from './http/access.ts';
import { mountArtifacts } from './http/artifact-routes.ts';
import { auditRequests } from './http/audit.ts';
import { streamBodies } from './http/bodies.ts';
import { describe } from './http/describe.ts';
import { mountFarm } from './http/farm-routes.ts';
import { guard } from './http/guard.ts';
import { mountPublicKey } from './http/keyring-routes.ts';
import { mountLogs } from './http/log-routes.ts';
import { countRequests, mountMetrics } from './http/metrics-route.ts';
import { mounter } from './http/mount.ts';
import type { AppParts } from './http/parts.ts';
import { handleError, handleNotFound } from './http/problems.ts';
import { mountQueueBoard } from './http/queue-board.ts';
import { mountRepositories } from './http/repository-routes.ts';
import { mountTerminals, mountWorkerTerminals } from './http/terminal-routes.ts';
import { mountUploads } from './http/upload-routes.ts';
import { mountWorkerProtocol } from './http/worker-routes.ts';

export type { AppParts };

/** Of a WebSocket, bytes: what is typed or printed at a terminal comes in pieces of at most 64 KiB. */
const FRAME_LIMIT = 65 * 1024;

/**
 * The HTTP side for one listener, not listening yet. It is built once for TCP (tokens, workers, repositories), once for
 * the administrator's socket and once for the publisher's, which speaks the worker protocol alone.
 */
export async function buildApp(
  parts: AppParts,
  { listener, log }: { listener: Listener; log: FastifyBaseLogger | false },
): Promise<FastifyInstance> {
  const app = Fastify({
    ...(log ? { loggerInstance: log } : { logger: false }),
    logController: new LogController({ disableRequestLogging: true }),
    // a request that stalls is the client's to end: uploads may take long, and every read has its own limit
    requestTimeout: 0,
    // but one whose machine is gone would hold its socket for ever: the kernel asks
    http: { keepAlive: true, keepAliveInitialDelay: 60_000 },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
    // whose word on the address of a client counts
    trustProxy: parts.config.api.trustedProxies.length > 0 ? parts.config.api.trustedProxies : false,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleNotFound);
  streamBodies(app);
  countRequests(app, parts);
  mountLiveness(app, parts);

  if (listener === 'internal') {
    mountWorkerProtocol(app, parts, listener);
    return app;
  }
  await describe(app, { version: parts.version, publicUrl: parts.config.api.publicUrl });
  await app.register(websocket, { options: { maxPayload: FRAME_LIMIT } });
  auditRequests(app, parts);
  // within a plugin, so that the description sees the routes
  await app.register(async (api) => {
    guard(api, parts, listener);
    mountFarm(mounter(api, parts.control, listener), parts);
    mountUploads(api, parts, listener);
    mountLogs(api, parts, listener);
    mountTerminals(api, parts, listener);
    mountArtifacts(api, parts, listener);
    mountPublicKey(api, parts, listener);
  });
  mountMetrics(app, parts, listener);
  mountQueueBoard(app, parts, listener);
  mountRepositories(app, parts, listener);
  if (listener === 'tcp') {
    mountWorkerProtocol(app, parts, listener);
    mountWorkerTerminals(app, parts, listener);
  }
  return app;
}

/** For service managers and load balancers: alive at all, and ready to be asked. */
function mountLiveness(app: FastifyInstance, { health, version }: AppParts): void {
  app.get('/livez', { schema: { hide: true } }, async () => ({ status: 'ok' }));
  app.get('/version', { schema: { hide: true } }, async () => ({
    name: 'fatbuildr',
    version,
    api: API_PREFIX.slice(5),
  }));
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const state = await health();
    return reply.status(state.status === 'ok' ? 200 : 503).send(state);
  });
}
