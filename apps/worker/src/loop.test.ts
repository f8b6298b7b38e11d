import { type HostReport, newId, type RegisterRequest, type WorkerOrder } from '@fatbuildr/domain';
import { createLogger } from '@fatbuildr/service';
import { expect, test, vi } from 'vitest';
import { Abandoned } from './jobs/job.ts';
import { type Puller, startLoop } from './loop.ts';

const order: WorkerOrder = {
  kind: 'image',
  operation: 'create',
  format: 'deb',
  recipe: { distribution: 'debian', release: 'trixie', mirror: null, packages: [] },
  bootstrap: { release: 'trixie', mirror: null },
  archive: null,
  force: false,
  limits: { wallMs: 1, silenceMs: 1, logBytes: 1, sourceBytes: 1, memoryBytes: null, processes: null, diskBytes: null },
};

/** A queue in memory that knows how often it was asked. */
function queue(): Puller & { add(jobId: string): void; asked: number; completed: string[] } {
  const tickets: string[] = [];
  let wake = Promise.withResolvers<void>();
  return {
    asked: 0,
    completed: [],
    add(jobId) {
      tickets.push(jobId);
      wake.resolve();
    },
    async next(signal) {
      this.asked += 1;
      signal.addEventListener('abort', () => wake.resolve(), { once: true });
      while (tickets.length === 0) {
        await wake.promise;
        signal.throwIfAborted();
        wake = Promise.withResolvers();
      }
      const jobId = tickets.shift() as string;
      return { jobId, complete: async () => void this.completed.push(jobId) };
    },
    async close() {},
  };
}

async function worker(slots: number, refused: string[] = [], claimed: Promise<void> = Promise.resolve()) {
  const puller = queue();
  const ends = new Map<string, { finish: () => void; end: (reason: Error) => void }>();
  const registrations: RegisterRequest[] = [];
  const stale: string[] = [];
  const loop = await startLoop(
    {
      api: {
        async register(request) {
          registrations.push(request);
          return { worker: newId(), queues: ['q'], heartbeatMs: 10, leaseMs: 100, stale };
        },
        report: async () => ({ paused: null }),
        async claim(job) {
          await claimed;
          if (refused.includes(job)) return undefined;
          return { attempt: `attempt-${job}`, job, task: 't', fence: 1, leaseMs: 1, order };
        },
      },
      openPuller: () => puller,
      start(claim) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const end = vi.fn(() => resolve());
        ends.set(claim.job, { finish: resolve, end });
        return { id: claim.attempt, end, over: promise };
      },
      host: async () => ({ name: 'host' }) as HostReport,
      reap: async () => {},
      slots,
      log: createLogger({ name: 'test', level: 'silent' }),
    },
    new AbortController().signal,
  );
  return { loop, puller, ends, registrations, stale };
}

test('no ticket is drawn while no slot is free', async () => {
  const { loop, puller, ends } = await worker(2);
  for (const job of ['a', 'b', 'c']) puller.add(job);
  await vi.waitFor(() => expect([...ends.keys()]).toEqual(['a', 'b']));
  expect(puller.asked).toBe(2);
  ends.get('a')?.finish();
  await vi.waitFor(() => expect([...ends.keys()]).toEqual(['a', 'b', 'c']));
  expect(puller.completed).toEqual(['a', 'b', 'c']);
  await loop.stop(0);
});

test('a refused ticket is completed and takes no slot', async () => {
  const { loop, puller, ends } = await worker(1, ['a']);
  puller.add('a');
  puller.add('b');
  await vi.waitFor(() => expect(ends.has('b')).toBe(true));
  expect(puller.completed).toEqual(['a', 'b']);
  await loop.stop(0);
});

test('a stop waits for what runs, then hands it back', async () => {
  const { loop, puller, ends } = await worker(2);
  puller.add('a');
  puller.add('b');
  await vi.waitFor(() => expect(ends.size).toBe(2));
  const stopped = loop.stop(50);
  ends.get('a')?.finish();
  await stopped;
  expect(ends.get('a')?.end).not.toHaveBeenCalled();
  expect(ends.get('b')?.end).toHaveBeenCalledWith(expect.any(Abandoned));
});

test('after an outage it registers with what is alive, and ends what the api calls stale', async () => {
  const { loop, puller, ends, registrations, stale } = await worker(1);
  puller.add('a');
  await vi.waitFor(() => expect(ends.size).toBe(1));
  stale.push('attempt-a');
  await loop.resume();
  expect(registrations.map(({ liveAttempts }) => liveAttempts)).toEqual([[], ['attempt-a']]);
  expect(ends.get('a')?.end).toHaveBeenCalledWith(expect.objectContaining({ why: 'lost' }));
  await loop.stop(0);
});

test('a registration lists the attempt whose claim was on its way when the api came back', async () => {
  const answered = Promise.withResolvers<void>();
  const { loop, puller, registrations, ends } = await worker(1, [], answered.promise);
  puller.add('a');
  await vi.waitFor(() => expect(puller.asked).toBe(1));
  await new Promise(setImmediate);
  const resumed = loop.resume();
  answered.resolve();
  await resumed;
  expect(registrations.at(-1)?.liveAttempts).toEqual(['attempt-a']);
  await vi.waitFor(() => expect(ends.has('a')).toBe(true));
  ends.get('a')?.finish();
  await loop.stop(10);
});
