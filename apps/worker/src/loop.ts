import { createMembership, isRevoked, type WorkerApi } from '@fatbuildr/client/worker';
import { type ClaimResponse, type HostReport, Order, WorkerOrder } from '@fatbuildr/domain';
import { every, type Logger, pause } from '@fatbuildr/service';
import { Abandoned } from './jobs/job.ts';
import type { RunningAttempt } from './jobs/run-attempt.ts';

/** An invitation to claim a job. It is completed whatever came of it: the lease is what counts. */
export interface Ticket {
  jobId: string;
  complete(): Promise<void>;
}

/** Draws tickets from the queues of this host. */
export interface Puller {
  /** Waits for a ticket. Rejects with the reason of `signal` when that comes first. */
  next(signal: AbortSignal): Promise<Ticket>;
  close(): Promise<void>;
}

export interface LoopOptions {
  api: Pick<WorkerApi, 'register' | 'report' | 'claim'>;
  openPuller: (queues: string[]) => Puller;
  start: (claim: ClaimResponse, order: WorkerOrder, heartbeatMs: number) => RunningAttempt;
  /** What the host tells of itself now. */
  host: () => Promise<HostReport>;
  /** Clears away what attempts left that are not alive; called at the start and before every job. */
  reap: (isLive: (attempt: string) => boolean) => Promise<void>;
  slots: number;
  log: Logger;
  /** How often (ms) the host reports. */
  reportMs?: number;
  /** Called when the api does not know this worker any more: nothing of its attempts is left, no ticket is drawn. */
  onRevoked?: () => void;
}

export interface Loop {
  /** Tells the api that the host changed. Never throws. */
  report(): Promise<void>;
  /** Re-registers with the live attempts: after the api was away. */
  resume(): Promise<void>;
  /** Draws no more tickets, waits `drainMs` for what runs and hands back the rest. */
  stop(drainMs: number): Promise<void>;
}

/**
 * Registers the host and works until it is stopped: a ticket is drawn only when a slot is free.
 * Resolves once registered.
 */
export async function startLoop(options: LoopOptions, signal: AbortSignal): Promise<Loop> {
  const { api, start, host, reap, slots, log, reportMs = 15_000 } = options;
  const running = new Map<string, RunningAttempt>();
  const stopping = new AbortController();
  let freed = Promise.withResolvers<void>();
  /** Why the api gives this host no new jobs; null: it does. */
  let paused: string | null = null;
  let drawing = new AbortController();
  let unpaused = Promise.withResolvers<void>();

  function pauseFor(reason: string | null): void {
    if (reason !== null && paused === null) {
      log.warn({ reason }, 'this host gets no new jobs');
      unpaused = Promise.withResolvers();
      drawing.abort();
    } else if (reason === null && paused !== null) {
      log.info('this host gets new jobs again');
      drawing = new AbortController();
      unpaused.resolve();
    }
    paused = reason;
  }

  const membership = createMembership({
    ...{ api, host, log },
    signal: stopping.signal,
    onLost: (attempt) => running.get(attempt)?.end(new Abandoned('lost')),
    onPaused: pauseFor,
    onRevoked: () => void revoke(),
  });

  await reap(() => false);
  const registered = await membership.register(signal);
  log.info({ worker: registered.worker, queues: registered.queues }, 'registered');
  const puller = options.openPuller(registered.queues);

  async function claim({ jobId, complete }: Ticket): Promise<void> {
    try {
      const claimed = await membership.claim(jobId);
      if (claimed) await begin(claimed);
      // Perhaps no job is for this host now: then it hears so, and draws none in vain.
      else void membership.report();
    } finally {
      // Last, since it waits for a Redis that is away, and the lease does not.
      await complete();
    }
  }

  async function begin(claimed: ClaimResponse): Promise<void> {
    try {
      const order = WorkerOrder.parse(Order.parse(claimed.order));
      await reap((id) => running.has(id) || id === claimed.attempt);
      const attempt = start(claimed, order, registered.heartbeatMs);
      running.set(attempt.id, attempt);
      log.info({ attempt: attempt.id, task: claimed.task, kind: order.kind }, 'attempt started');
      void attempt.over.then(() => {
        running.delete(attempt.id);
        membership.release(attempt.id);
        log.info({ attempt: attempt.id }, 'attempt over');
        freed.resolve();
      });
    } catch (error) {
      membership.release(claimed.attempt);
      throw error;
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (running.size >= slots) {
        freed = Promise.withResolvers();
        await Promise.race([freed.promise, aborted(stopping.signal)]);
        continue;
      }
      if (paused !== null) {
        await Promise.race([unpaused.promise, aborted(stopping.signal)]);
        continue;
      }
      const signal = AbortSignal.any([stopping.signal, drawing.signal]);
      try {
        await claim(await puller.next(signal));
      } catch (err) {
        if (stopping.signal.aborted) return;
        if (signal.aborted) continue;
        if (isRevoked(err)) return void revoke();
        log.warn({ err }, 'a ticket could not be drawn');
        await pause(1000, stopping.signal);
      }
    }
  }

  const working = work();
  const reporting = every(reportMs, membership.report, { signal: stopping.signal, onError: () => {} });

  /** Ends what runs after `drainMs` and closes everything. */
  async function end(drainMs: number, why: 'handback' | 'lost'): Promise<void> {
    stopping.abort();
    const attempts = [...running.values()];
    const drained = Promise.all([working, ...attempts.map(({ over }) => over)]);
    const deadline = new AbortController();
    await Promise.race([drained, pause(drainMs, deadline.signal)]);
    deadline.abort();
    for (const attempt of running.values()) attempt.end(new Abandoned(why));
    await Promise.all([working, ...[...running.values()].map(({ over }) => over)]);
    await reporting;
    await puller.close();
  }

  let ended: Promise<void> | undefined;

  async function revoke(): Promise<void> {
    if (ended) return;
    log.error('the api does not know this worker any more: it was removed. To have it back: fatbuildrctl workers add');
    ended = end(0, 'lost');
    await ended;
    options.onRevoked?.();
  }

  return {
    report: membership.report,
    resume: membership.resume,
    stop: (drainMs) => (ended ??= end(drainMs, 'handback')),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
