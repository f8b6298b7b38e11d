import { every } from '@fatbuildr/service';
import type { Context } from './context.ts';
import { dispatch } from './dispatcher.ts';
import { judge } from './leases.ts';
import { reconcile } from './reconciler.ts';
import { collectUploads } from './uploads.ts';

const JUDGE_MS = 1_000;
const DISPATCH_MS = 1_000;
const RECONCILE_MS = 2_000;
const COLLECT_MS = 3_600_000;
/** How long a stop waits for what hangs on a Redis that is away. */
const STOP_MS = 1_000;

/** What goes on by itself: tickets, leases, deadlines, collecting. Returns how to stop it. */
export function startLoops(context: Context): () => Promise<void> {
  const { log, events, tickets, clock } = context;
  const stopping = new AbortController();
  const options = (what: string) => ({
    signal: stopping.signal,
    onError: (err: unknown) => log.error({ err, loop: what }, 'control loop failed, it goes on'),
  });
  const since = clock();
  // One at a time: dispatching and reconciling look at the same tickets.
  const dispatchNow = serialized(async () => {
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
  ];
  return async () => {
    stopping.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STOP_MS);
    await Promise.race([Promise.all(loops), promise]);
    clearTimeout(timer);
  };
}

/** Calls that come while one runs share one further run. */
function serialized(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = (): Promise<void> => {
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return run();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  };
}
