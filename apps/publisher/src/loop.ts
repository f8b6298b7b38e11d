import { createMembership, type WorkerApi } from '@fatbuildr/client/worker';
import { type ClaimResponse, type HostReport, PublisherOrder, type SyncRequest } from '@fatbuildr/domain';
import type { DrawnTicket, Puller } from '@fatbuildr/queue';
import { every, type Logger, pause } from '@fatbuildr/service';
import type { RunningAttempt } from './attempt/run-attempt.ts';

export interface LoopOptions {
  api: Pick<WorkerApi, 'register' | 'report' | 'claim' | 'sync'>;
  openPuller: (queues: string[]) => Puller;
  start: (claim: ClaimResponse, order: PublisherOrder, heartbeatMs: number) => RunningAttempt;
  /** What is published in every instance. */
  contents: () => Promise<SyncRequest[]>;
  host: () => Promise<HostReport>;
  log: Logger;
  /** How often (ms) the publisher says that it lives. */
  reportMs?: number;
}

export interface Loop {
  /** Registers again, with the live attempt: after the api was away. Never throws. */
  resume(): Promise<void>;
  /** Draws no more tickets; what runs is finished where the head may move already, and handed back otherwise. */
  stop(): Promise<void>;
}

/** Registers, tells what is published and works off tickets, one at a time. Resolves once tickets are drawn. */
export async function startLoop(options: LoopOptions, signal: AbortSignal): Promise<Loop> {
  const { api, start, contents, host, log, reportMs = 15_000 } = options;
  const stopping = new AbortController();
  let running: RunningAttempt | undefined;

  const membership = createMembership({
    ...{ api, host, log },
    signal: stopping.signal,
    onLost: (attempt) => running?.id === attempt && running.lose(),
  });

  const { queues, heartbeatMs } = await membership.register(signal);
  for (const instance of await contents()) await api.sync(instance, signal);
  log.info({ queues }, 'registered');
  const puller = options.openPuller(queues);

  async function workOff({ jobId, complete }: DrawnTicket): Promise<void> {
    try {
      const claim = await membership.claim(jobId);
      if (!claim) return;
      const order = PublisherOrder.parse(claim.order);
      running = start(claim, order, heartbeatMs);
      log.info({ attempt: claim.attempt, task: claim.task, kind: order.kind }, 'attempt started');
      if (stopping.signal.aborted) running.handBack();
    } finally {
      // Last, since it waits for a Redis that is away, and the lease does not.
      await complete();
    }
    await running.over;
    membership.release(running.id);
    log.info({ attempt: running.id }, 'attempt over');
    running = undefined;
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await workOff(await puller.next(stopping.signal));
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
    resume: membership.resume,
    async stop() {
      stopping.abort();
      running?.handBack();
      await working;
      await reporting;
      await puller.close();
    },
  };
}
