import { ProblemError } from '@fatbuildr/domain';

/** Counts what each of many may do in a span of time. */
export interface RateLimit {
  /**
   * Takes one from what `key` has left.
   *
   * @throws {ProblemError} `rate-limited` with `retryAfter`, seconds
   */
  take(key: string): void;
}

export interface RateLimitOptions {
  /** How many in the span; undefined: as many as one likes. */
  limit: number | undefined;
  spanMs: number;
  /** Of what, for people: `requests`. */
  what: string;
  now?: () => number;
}

/** Buckets that were not used for a span are full, and are forgotten as soon as there are so many. */
const MOST_BUCKETS = 10_000;

/** A token bucket for each key: `limit` at once, then as fast as they come back, evenly over the span. */
export function createRateLimit({ limit, spanMs, what, now = Date.now }: RateLimitOptions): RateLimit {
  if (limit === undefined) return { take: () => undefined };
  const buckets = new Map<string, { left: number; at: number }>();
  const perMs = limit / spanMs;
  const forget = (before: number) => {
    for (const [key, { at }] of buckets) if (at < before) buckets.delete(key);
  };
  return {
    take(key) {
      const at = now();
      if (buckets.size >= MOST_BUCKETS) forget(at - spanMs);
      const last = buckets.get(key) ?? { left: limit, at };
      const left = Math.min(limit, last.left + (at - last.at) * perMs);
      if (left >= 1) {
        buckets.set(key, { left: left - 1, at });
        return;
      }
      const retryAfter = Math.max(1, Math.ceil((1 - left) / perMs / 1000));
      throw new ProblemError('rate-limited', `That is more than ${limit} ${what}.`, {
        hint: `Go on in ${retryAfter} s; the limit is set by api.rates.`,
        members: { retryAfter },
      });
    },
  };
}
