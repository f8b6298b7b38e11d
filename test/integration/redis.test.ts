import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { Queue, Worker } from 'bullmq';
import { beforeAll, expect, test } from 'vitest';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
  return () => redis.stop();
});

test('a ticket goes through a real Redis and leaves nothing behind', async () => {
  const connection = { host: redis.host, port: redis.port };
  const queue = new Queue<{ job: string }>('smoke', { connection });
  const worker = new Worker<{ job: string }>('smoke', null, { connection });
  try {
    await queue.add('ticket', { job: 'abc' }, { jobId: 'abc', removeOnComplete: true });
    const ticket = await worker.getNextJob('token');
    expect(ticket?.data).toEqual({ job: 'abc' });
    await ticket?.moveToCompleted('claimed', 'token', false);
    expect(await queue.getJobCounts('waiting', 'active', 'completed', 'failed')).toEqual({
      waiting: 0,
      active: 0,
      completed: 0,
      failed: 0,
    });
  } finally {
    await worker.close();
    await queue.close();
  }
});

test('an outage loses what Redis held and nothing else', async () => {
  const queue = new Queue('outage', { connection: { host: redis.host, port: redis.port } });
  queue.on('error', () => {});
  try {
    await queue.add('ticket', {}, { jobId: 'lost' });
    await redis.down();
    await redis.up();
    await expect.poll(() => queue.getJobCountByTypes('waiting'), { timeout: 20_000 }).toBe(0);
    await queue.add('ticket', {}, { jobId: 'after' });
    expect(await queue.getJobCountByTypes('waiting')).toBe(1);
  } finally {
    await queue.close();
  }
});

test('a frozen Redis answers again once it is resumed', async () => {
  const queue = new Queue('frozen', { connection: { host: redis.host, port: redis.port } });
  try {
    await queue.waitUntilReady();
    await redis.pause();
    const added = queue.add('ticket', {}, { jobId: 'late' });
    const first = await Promise.race([
      added.then(() => 'added'),
      new Promise((done) => setTimeout(done, 300, 'waits')),
    ]);
    expect(first).toBe('waits');
    await redis.resume();
    expect((await added).id).toBe('late');
  } finally {
    await queue.close();
  }
});
