import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@fatbuildr/domain';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { freePort } from '@fatbuildr/testing/free-port';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';

/** A Redis with the farm's own settings whose disk is small. */
let directory: string;
let server: ChildProcess;
let redis: Redis;
let farm: Farm;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-redis-full-'));
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
  const port = await freePort();
  const settings = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--save',
    '',
    '--maxmemory-policy',
    'noeviction',
  ];
  server = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, ...settings]);
  redis = new Redis({ host: '127.0.0.1', port });
  redis.on('error', () => undefined);
  await redis.ping();
  farm = await startFarm({ redis: `redis://127.0.0.1:${port}`, slots: 4 });
});
afterAll(async () => {
  await farm?.stop();
  redis?.disconnect();
  if (server?.exitCode === null) {
    server.kill();
    await once(server, 'exit');
  }
  await execa('umount', [directory], { reject: false });
  await rm(directory, { recursive: true, force: true });
});

const takesWrites = () => redis.set('probe', 'x'.repeat(1000)).then(() => 'OK', String);

/** Whether Redis says why it refuses, and then whether it takes writes again. */
async function whileFull(
  work: () => Promise<void>,
  full: { make: () => Promise<unknown>; end: () => Promise<unknown>; says: RegExp },
) {
  await full.make();
  await vi.waitFor(async () => expect(await takesWrites()).toMatch(full.says), { timeout: 20_000, interval: 100 });
  await work();
  expect(await takesWrites()).toMatch(full.says);
  await full.end();
  await vi.waitFor(async () => expect(await takesWrites()).toBe('OK'), { timeout: 20_000, interval: 200 });
}

/** Submits while Redis refuses every write; all are accepted, and end once it takes them again. */
async function expectSurvival(prefix: string, full: Parameters<typeof whileFull>[1]): Promise<void> {
  const before = [await submit(farm.client, { artifact: `slow-${prefix}-before` })];
  const meanwhile: Task[] = [];
  await whileFull(async () => {
    for (let number = 0; number < 3; number++) {
      meanwhile.push(await submit(farm.client, { artifact: `quick-${prefix}${number}` }));
    }
  }, full);
  for (const task of [...before, ...meanwhile]) {
    const { artifact, outcome, version } = await farm.ended(task);
    expect([artifact, outcome]).toEqual([artifact, 'success']);
    const params = { instance: 'default', format: 'deb' as const, distribution: 'bookworm' };
    const { packages } = await farm.client.registry({ params, query: { artifact: `${artifact}` } });
    expect(packages.map((entry) => `${entry.architecture} ${entry.version}`).toSorted()).toEqual([
      `amd64 ${version}`,
      `source ${version}`,
    ]);
  }
}

test('the disk of Redis is full: submissions are taken, and builds go on once there is room', async () => {
  const filler = join(directory, 'filler');
  await expectSurvival('disk', {
    make: () => writeFile(filler, Buffer.alloc(4 * 1024 ** 2)).catch(() => undefined),
    end: () => rm(filler),
    says: /MISCONF/,
  });
}, 120_000);

test('the memory of Redis is full: submissions are taken, and builds go on once there is room', async () => {
  await expectSurvival('memory', {
    make: () => redis.config('SET', 'maxmemory', '1'),
    end: () => redis.config('SET', 'maxmemory', '0'),
    says: /OOM/,
  });
}, 120_000);
