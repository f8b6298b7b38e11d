import { every, pause } from '@fatbuildr/service';
import type { Context } from './context.ts';
import { dispatch } from './dispatcher.ts';
import { judge } from './leases.ts';
import { reconcile } from './reconciler.ts';
import { createEnvironmentRefresh } from './refresh-environments.ts';
import { createSubmissions } from './submissions.ts';
import { collectUploads } from './uploads.ts';

const JUDGE_MS = 1_000;
const DISPATCH_MS = 1_000;
const RECONCILE_MS = 2_000;
const COLLECT_MS = 3_600_000;
const REFRESH_MS = 900_000;
/** After a dispatch nothing is dispatched for so many times as long as it took, and this long (ms) at most. */
const DISPATCH_REST = 4;
const DISPATCH_REST_LIMIT = 1_000;
/** How long a stop waits for what hangs on a Redis that is away. */
const STOP_MS = 1_000;

/** What goes on by itself: tickets, leases, deadlines, collecting, refreshing environments. Returns how to stop it. */
export function startLoops(context: Context): () => Promise<void> {
  const { log, events, tickets, clock } = context;
  const stopping = new AbortController();
  const options = (what: string) => ({
    signal: stopping.signal,
    onError: (err: unknown) => log.error({ err, loop: what }, 'control loop failed, it goes on'),
  });
  const since = clock();
  // One at a time: dispatching and reconciling look at the same tickets.
  const dispatchNow = paced(stopping.signal, async () => {
    if (!stopping.signal.aborted && (await tickets.ping())) await dispatch(context);
  });
  const reconcileNow = async () => {
    if (await tickets.ping()) await reconcile(context);
  };
  const woken = () => void dispatchNow().catch(options('dispatch').onError);
  events.onDispatch(woken);
  tickets.onConnected(woken);

  const loops = [
    every(JUDGE_MS, () => judge(context, since), options('leases')),
    every(DISPATCH_MS, dispatchNow, options('dispatch')),
    every(RECONCILE_MS, reconcileNow, options('reconcile')),
    every(COLLECT_MS, () => collectUploads(context), options('collect')),
    every(REFRESH_MS, createEnvironmentRefresh(context, createSubmissions(context)), options('refresh')),
  ];
  return async () => {
    stopping.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STOP_MS);
    await Promise.race([Promise.all(loops), promise]);
    clearTimeout(timer);
  };
}

/**
 * Runs `work` when called, one run at a time, and rests between two in proportion to what the last one took: the longer
 * the queue, the more a look at it costs. Calls that come meanwhile share the next run.
 */
function paced(signal: AbortSignal, work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let rested = 0;
  const run = async (): Promise<void> => {
    next = undefined;
    const began = performance.now();
    try {
      await work();
    } finally {
      const ended = performance.now();
      rested = ended + Math.min(DISPATCH_REST_LIMIT, DISPATCH_REST * (ended - began));
    }
  };
  return () => {
    next ??= last
      .catch(() => undefined)
      .then(() => (performance.now() < rested ? pause(rested - performance.now(), signal) : undefined))
      .then(() => {
        last = run();
        return last;
      });
    return next;
  };
}
