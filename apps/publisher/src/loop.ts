import { createMembership, type WorkerApi } from '@fatbuildr/client/worker';
import { type ClaimResponse, type HostReport, PublisherOrder } from '@fatbuildr/domain';
import type { DrawnTicket, Puller } from '@fatbuildr/queue';
import { every, type Logger, pause } from '@fatbuildr/service';
import type { RunningAttempt } from './attempt/run-attempt.ts';

export interface LoopOptions {
  api: Pick<WorkerApi, 'register' | 'report' | 'claim'>;
  openPuller: (queues: string[]) => Puller;
  start: (claim: ClaimResponse, order: PublisherOrder, heartbeatMs: number) => RunningAttempt;
  /** Tells the api what is published, as far as it does not know. */
  tellEverything: () => Promise<void>;
  host: () => Promise<HostReport>;
  /** How many tickets are worked off at once. */
  slots: number;
  log: Logger;
  /** How often (ms) the publisher says that it lives. */
  reportMs?: number;
}

export interface Loop {
  /** Registers again, with the live attempts, and tells what the api missed: after it was away. Never throws. */
  resume(): Promise<void>;
  /** Draws no more tickets; what runs is finished where the head may move already, and handed back otherwise. */
  stop(): Promise<void>;
}

/** Registers, tells what is published and works off tickets, several at once. Resolves once tickets are drawn. */
export async function startLoop(options: LoopOptions, signal: AbortSignal): Promise<Loop> {
  const { api, start, tellEverything, host, slots, log, reportMs = 15_000 } = options;
  const stopping = new AbortController();
  const running = new Map<string, RunningAttempt>();
  let freed = Promise.withResolvers<void>();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));

  const membership = createMembership({
    ...{ api, host, log },
    signal: stopping.signal,
    onLost: (attempt) => running.get(attempt)?.lose(),
  });

  /** The repositories go on, whatever the api knows of them: it is told again with the next news. */
  async function tellAll(): Promise<void> {
    await tellEverything().catch((err: unknown) => {
      signal.throwIfAborted();
      log.warn({ err }, 'the api was not told what is published');
    });
  }

  const { queues, heartbeatMs } = await membership.register(signal);
  await tellAll();
  log.info({ queues }, 'registered');
  const puller = options.openPuller(queues);

  async function begin({ jobId, complete }: DrawnTicket): Promise<void> {
    try {
      const claim = await membership.claim(jobId);
      if (!claim) return;
      const order = PublisherOrder.parse(claim.order);
      const attempt = start(claim, order, heartbeatMs);
      running.set(attempt.id, attempt);
      log.info({ attempt: claim.attempt, task: claim.task, kind: order.kind }, 'attempt started');
      if (stopping.signal.aborted) attempt.handBack();
      void attempt.over.then(() => {
        running.delete(attempt.id);
        membership.release(attempt.id);
        log.info({ attempt: attempt.id }, 'attempt over');
        freed.resolve();
      });
    } finally {
      // Last, since it waits for a Redis that is away, and the lease does not.
      await complete();
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        freed = Promise.withResolvers();
        if (running.size < slots) await begin(await puller.next(stopping.signal));
        else await Promise.race([freed.promise, stopped]);
      } catch (err) {
        if (stopping.signal.aborted) return;
        log.warn({ err }, 'a ticket could not be worked off');
        await pause(1000, stopping.signal);
      }
    }
  }

  const working = work();
  const reporting = every(reportMs, membership.report, { signal: stopping.signal, onError: () => {} });

  return {
    async resume() {
      await membership.resume();
      await tellAll().catch(() => {});
    },
    async stop() {
      stopping.abort();
      for (const attempt of running.values()) attempt.handBack();
      await working;
      await Promise.all([...running.values()].map((attempt) => attempt.over));
      await reporting;
      await puller.close();
    },
  };
}
