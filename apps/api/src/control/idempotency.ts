import { ProblemError } from '@fatbuildr/domain';
import { type Context, change } from './context.ts';
import type { Idempotency } from './services.ts';

const KEPT_MS = 24 * 3_600_000;

export function createIdempotency(context: Context): Idempotency {
  const { stores } = context.database;
  return {
    async once({ requester, key, fingerprint }, action) {
      const earlier = await change(context, async (tx) => {
        await tx.idempotency.prune(tx.now - KEPT_MS);
        const found = await tx.idempotency.get(requester, key);
        if (found) return found;
        await tx.idempotency.insert({ requester, key, fingerprint, status: null, body: null, created: tx.now });
        return undefined;
      });
      if (earlier && earlier.fingerprint !== fingerprint) {
        throw new ProblemError('idempotency-mismatch', 'This Idempotency-Key was used with another request.');
      }
      if (earlier && (earlier.status === null || earlier.body === null)) {
        throw new ProblemError('idempotency-running', 'The first request with this Idempotency-Key is still running.');
      }
      if (earlier) return { status: earlier.status as number, body: earlier.body as string, replayed: true };
      try {
        const answer = await action();
        await stores.idempotency.answer(requester, key, answer.status, answer.body);
        return { ...answer, replayed: false };
      } catch (error) {
        await stores.idempotency.remove(requester, key);
        throw error;
      }
    },
  };
}
