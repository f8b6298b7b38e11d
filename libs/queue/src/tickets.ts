import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { QUEUE_PREFIX } from './prefix.ts';
import { connectRedis, type RedisAddress } from './redis.ts';

const PING_MS = 1_000;

export interface TicketsOptions {
  /** `redis://`, `rediss://` or `unix:///path`. */
  redis: string | RedisAddress;
  /** Trouble with the connection; it is being mended meanwhile. */
  onError: (error: Error) => void;
}

/** Tickets: invitations to claim a job. They hold its id only, so that losing all of them loses nothing. */
export interface Tickets {
  /** Puts tickets into the queue of `capability`, in this order. One that waits there already stays the only one. */
  issue(capability: string, ...jobIds: readonly string[]): Promise<void>;
  /** As `issue`, after removing a ticket that was drawn by a puller that died with it. */
  reissue(capability: string, jobId: string): Promise<void>;
  /** Ids of the jobs whose tickets wait to be drawn. */
  waiting(capability: string): Promise<string[]>;
  /** BullMQ's own object for a queue, to be looked at. */
  queue(capability: string): Queue;
  /** Whether Redis answers within a second. */
  ping(): Promise<boolean>;
  /** Calls `listener` each time the connection is there (again). */
  onConnected(listener: () => void): void;
  close(): Promise<void>;
}

/** The side that issues tickets. Calls wait while Redis is away. */
export function openTickets({ redis, onError }: TicketsOptions): Tickets {
  const client = connectRedis(redis, onError);
  const queues = new Map<string, Queue>();
  const queueOf = (capability: string): Queue => {
    let queue = queues.get(capability);
    if (!queue) {
      queue = new Queue(capability, { connection: client, prefix: QUEUE_PREFIX });
      queue.on('error', onError);
      queues.set(capability, queue);
    }
    return queue;
  };
  const issue = async (capability: string, ...jobIds: readonly string[]): Promise<void> => {
    // Kept jobs would silently swallow the next ticket with their id.
    const kept = { removeOnComplete: true, removeOnFail: true };
    await queueOf(capability).addBulk(jobIds.map((jobId) => ({ name: 'ticket', data: {}, opts: { ...kept, jobId } })));
  };

  return {
    issue,
    queue: queueOf,
    async reissue(capability, jobId) {
      // Refused while its drawer holds the lock; then the ticket is as good as new.
      await queueOf(capability).remove(jobId).catch(onError);
      await issue(capability, jobId);
    },
    waiting: (capability) => queueOf(capability).getRanges(['wait', 'prioritized', 'delayed'], 0, -1),
    async ping() {
      if (client.status !== 'ready') return false;
      // A ping that met a Redis just going away would wait for its return.
      const answer = client.ping().then(
        () => true,
        () => false,
      );
      return Promise.race([answer, delay(PING_MS, false, { ref: false })]);
    },
    onConnected(listener) {
      if (client.status === 'ready') listener();
      client.on('ready', listener);
    },
    async close() {
      for (const queue of queues.values()) await queue.close();
      client.disconnect();
    },
  };
}
