import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { ProblemError } from '@fatbuildr/domain';
import type { FastifyError, FastifyInstance } from 'fastify';
import { authorise, identify, type Listener } from './access.ts';
import type { AppParts } from './parts.ts';
import { handleError } from './problems.ts';

const BOARD_PATH = '/admin/queues';

/** The page loads its own files only; the web font that it names is left out. */
const CONTENT_SECURITY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** bull-board, to look at the queues in Redis and never to change them. For administrators. */
export function mountQueueBoard(app: FastifyInstance, { control, queues }: AppParts, listener: Listener): void {
  const server = new FastifyAdapter().setBasePath(BOARD_PATH);
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: { uiConfig: { boardTitle: 'Tickets' } },
  });
  const shown = new Map<string, BullMQAdapter>();

  /** Queues come and go with the build hosts. */
  async function refresh(): Promise<void> {
    for (const queue of await queues()) {
      if (shown.has(queue.name)) continue;
      const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
      shown.set(queue.name, adapter);
      board.addQueue(adapter);
    }
  }

  app.register(
    async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        try {
          const principal = await identify(control, listener, request);
          authorise(principal, 'admin');
          if (request.method !== 'GET' && request.method !== 'HEAD') {
            throw new ProblemError('not-authorised', 'The queues may only be looked at here.');
          }
        } catch (error) {
          // the board has an error handler of its own, which knows nothing of ours
          handleError(error as FastifyError, request, reply);
          return reply;
        }
        reply.header('content-security-policy', CONTENT_SECURITY).header('x-content-type-options', 'nosniff');
        await refresh();
        return undefined;
      });
      await scope.register(server.registerPlugin());
    },
    { prefix: BOARD_PATH },
  );
}
