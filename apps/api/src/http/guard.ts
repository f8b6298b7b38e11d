import { ProblemError } from '@fatbuildr/domain';
import type { FastifyInstance } from 'fastify';
import { identify, type Listener } from './access.ts';
import type { AppParts } from './parts.ts';
import { createRateLimit } from './rate-limit.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether it makes a task: counted against the submissions of an hour. */
    submits?: boolean;
  }
}

/**
 * Has every request of the operations that are mounted after it come from somebody known, and not too often. Over TCP
 * each token has its own measure, and each address for what comes from it without a valid one.
 */
export function guard(app: FastifyInstance, { control, config }: AppParts, listener: Listener): void {
  const { requestsPerMinute, submissionsPerHour } = config.api.rates;
  const requests = createRateLimit({ limit: requestsPerMinute, spanMs: 60_000, what: 'requests a minute' });
  const submissions = createRateLimit({ limit: submissionsPerHour, spanMs: 3_600_000, what: 'submissions an hour' });
  app.addHook('onRequest', async (request) => {
    const address = `address ${request.ip}`;
    const principal = await identify(control, listener, request).catch((error: unknown) => {
      if (error instanceof ProblemError) requests.take(address);
      throw error;
    });
    if (listener !== 'tcp') return;
    const key = principal.token ?? address;
    requests.take(key);
    if (request.routeOptions.config.submits) submissions.take(key);
  });
}
