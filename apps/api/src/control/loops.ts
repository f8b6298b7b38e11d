import { every, pause } from '@fatbuildr/service';
import { collectRegistries } from './collect-registries.ts';
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
/** After a dispatch nothing is dispatched for so many times as long as its look at the queues took, and this long (ms) at most. */
const DISPATCH_REST = 9;
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
  const submissions = createSubmissions(context);
  // One at a time: dispatching and reconciling look at the same tickets.
  const dispatchNow = paced(stopping.signal, async () => {
    return !stopping.signal.aborted && (await tickets.ping()) ? dispatch(context) : 0;
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
    every(COLLECT_MS, () => collectRegistries(context, submissions), options('collect registries')),
    every(REFRESH_MS, createEnvironmentRefresh(context, submissions), options('refresh')),
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
 * Runs `work` when called, one run at a time, and rests between two in proportion to what the last one says it cost (ms):
 * the longer the queue, the more a look at it takes. Calls that come meanwhile share the next run.
 */
function paced(signal: AbortSignal, work: () => Promise<number>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let rested = 0;
  const run = async (): Promise<void> => {
    next = undefined;
    const cost = await work();
    rested = performance.now() + Math.min(DISPATCH_REST_LIMIT, DISPATCH_REST * cost);
  };
  return () => {
    next ??= last
      .catch(() => undefined)
      .then(() => pause(Math.max(0, rested - performance.now()), signal))
      .then(() => {
        last = run();
        return last;
      });
    return next;
  };
}
