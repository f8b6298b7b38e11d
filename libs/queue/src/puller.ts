import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@fatbuildr/domain';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { QUEUE_PREFIX } from './prefix.ts';
import { connectRedis, type RedisAddress } from './redis.ts';

/** The longest an idle puller blocks before it looks again, seconds. */
const BLOCK_SECONDS = 0.5;
/** A drawn ticket that is not completed may be issued again after this, ms. */
const LOCK_MS = 10_000;
const ERROR_PAUSE = 500;

export interface PullerOptions {
  /** `redis://`, `rediss://` or `unix:///path`. */
  redis: string | RedisAddress;
  /** The queues to draw from, in turn. */
  queues: string[];
  /** Trouble with the connection; it is being mended meanwhile. */
  onError: (error: Error) => void;
}

export interface DrawnTicket {
  jobId: string;
  /** To be called as soon as the claim was answered, whatever the answer. Never throws. */
  complete(): Promise<void>;
}

export interface Puller {
  /**
   * The next ticket of any queue; waits for one, through outages of Redis too. Only one call at a time, and only
   * when there is a free slot: what is drawn here is not drawn elsewhere. Rejects with the signal's reason and on close; a ticket
   * that is drawn at that very moment is issued again by the other side.
   */
  next(signal: AbortSignal): Promise<DrawnTicket>;
  close(): Promise<void>;
}

/** The side that draws tickets: BullMQ's manual fetching, woken by the markers that come with every ticket. */
export function openPuller({ redis, queues, onError }: PullerOptions): Puller {
  const client = connectRedis(redis, onError);
  const bell = connectRedis(redis, onError);
  const workers = queues.map((name) => openWorker(name, client, onError));
  const markers = workers.map((worker) => worker.toKey('marker'));
  let turn = 0;
  const closing = new AbortController();

  /** One look into every queue, beginning after the one that gave the last ticket. */
  async function draw(): Promise<DrawnTicket | undefined> {
    for (let step = 0; step < workers.length; step++) {
      const worker = workers[(turn + step) % workers.length] as Worker;
      const token = newId();
      const job = await worker.getNextJob(token, { block: false });
      if (!job?.id) continue;
      turn = (turn + step + 1) % workers.length;
      return {
        jobId: job.id,
        complete: () => job.moveToCompleted(null, token, false).then(() => undefined, onError),
      };
    }
    return undefined;
  }

  /** After an error that reconnecting did not mend: tell, and do not spin. */
  async function pause(error: Error): Promise<undefined> {
    if (closing.signal.aborted) return;
    onError(error);
    await delay(ERROR_PAUSE);
  }

  return {
    async next(stop) {
      const signal = AbortSignal.any([stop, closing.signal]);
      signal.throwIfAborted();
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      aborted.catch(() => undefined);
      const abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      try {
        // An abort is seen here even if nothing below ever yields to the event loop.
        while (!signal.aborted) {
          const ticket = await Promise.race([draw().catch(pause), aborted]);
          if (ticket) return ticket;
          await Promise.race([bell.bzpopmin(...markers, BLOCK_SECONDS).catch(pause), aborted]);
        }
        throw signal.reason;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      closing.abort(new Error('The puller was closed.'));
      bell.disconnect();
      for (const worker of workers) await worker.close(true);
      client.disconnect();
    },
  };
}

function openWorker(name: string, client: Redis, onError: (error: Error) => void): Worker {
  const worker = new Worker(name, null, {
    connection: client,
    prefix: QUEUE_PREFIX,
    autorun: false,
    lockDuration: LOCK_MS,
    skipLockRenewal: true,
    skipStalledCheck: true,
  });
  worker.on('error', onError);
  return worker;
}
