import type { Task } from '@fatbuildr/domain';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';

const outage = 20_000;
let redis: TestRedis;
let farm: Farm;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url, slots: 4 });
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `down` loses everything that Redis held. */
async function redisAway(): Promise<void> {
  await redis.down();
  await pause(outage);
  await redis.up();
}

async function submitMany(prefix: string, count: number): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let number = 0; number < count; number++) {
    tasks.push(await submit(farm.client, { artifact: `${number % 2 ? 'slow' : 'quick'}-${prefix}${number}` }));
  }
  return tasks;
}

/** Every task succeeded in one go, and its version is listed once. */
async function expectPublishedOnce(tasks: Task[]): Promise<void> {
  for (const task of tasks) {
    const { outcome, artifact, version } = await farm.ended(task);
    expect([artifact, outcome]).toEqual([artifact, 'success']);
    const params = { instance: 'default', format: 'deb' as const, distribution: 'bookworm' };
    const { packages } = await farm.client.registry({ params, query: { artifact: `${artifact}` } });
    const listed = packages.map((entry) => `${entry.architecture} ${entry.version}`).toSorted();
    expect(listed).toEqual([`amd64 ${version}`, `source ${version}`]);
  }
}

test('Redis is away for 20 s while nobody builds: the farm works on unaided', async () => {
  await redisAway();
  await expectPublishedOnce(await submitMany('idle', 3));
}, 120_000);

test('Redis is away for 20 s, and empty afterwards, while builds run and others are submitted', async () => {
  const before = await submitMany('before', 6);
  await vi.waitFor(async () => {
    const states = await Promise.all(before.map(({ id }) => farm.client.task({ params: { task: id } })));
    expect(states.map(({ state }) => state)).toContain('running');
  });
  const away = redisAway();
  await pause(1000);
  const meanwhile = await submitMany('meanwhile', 6);
  await away;
  await expectPublishedOnce([...before, ...meanwhile]);
}, 180_000);

test('FLUSHALL in the middle of 20 tasks loses none', async () => {
  const tasks = await submitMany('flushed', 20);
  const client = new Redis(redis.url);
  try {
    await client.flushall();
    await farm.ended(tasks[3] as Task);
    await client.flushall();
  } finally {
    client.disconnect();
  }
  await expectPublishedOnce(tasks);
}, 180_000);
