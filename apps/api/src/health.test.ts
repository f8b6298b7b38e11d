import { tmpdir } from 'node:os';
import type { WorkerView } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import { type HealthSources, readHealth } from './health.ts';

const worker = (state: WorkerView['state']) => ({ state }) as WorkerView;
const well: HealthSources = {
  database: async () => 1,
  redis: async () => 'PONG',
  workers: async () => [worker('online'), worker('offline')],
  repositories: async () => [],
  keyrings: async () => [{ instance: 'default', rpm: false, expires: 50 * 86_400_000 }],
  clock: () => 0,
  state: tmpdir(),
  timeoutMs: 50,
};

test('a farm that is well says so of each part', async () => {
  const health = await readHealth(well);
  expect(health.status).toBe('ok');
  expect(health.parts['workers']).toEqual({ ok: true, detail: '1 of 2 online' });
});

test('a part that fails or hangs is named and the farm degraded', async () => {
  const redis = () => new Promise(() => {});
  const database = async () => {
    throw new Error('disk I/O error');
  };
  const health = await readHealth({ ...well, redis, database });
  expect(health.status).toBe('degraded');
  expect(health.parts['redis']).toEqual({ ok: false, detail: 'no answer within 50 ms' });
  expect(health.parts['database']).toEqual({ ok: false, detail: 'disk I/O error' });
});

test('hosts that are away do not keep the farm from taking submissions', async () => {
  const health = await readHealth({ ...well, workers: async () => [worker('offline')] });
  expect(health.status).toBe('ok');
  expect(health.parts['workers']?.ok).toBe(false);
});

test('a key that ends within 30 days is named, and the farm goes on', async () => {
  const health = await readHealth({ ...well, clock: () => 21 * 86_400_000 });
  expect(health.status).toBe('ok');
  expect(health.parts['keyrings']).toEqual({
    ok: false,
    detail: expect.stringContaining('The signing key of instance default expires on 1970-02-20; renew it'),
  });
  expect((await readHealth(well)).parts['keyrings']).toEqual({ ok: true, detail: '1 valid' });
});

test('a repository that is in trouble is named, and the farm goes on', async () => {
  const repositories = async () => ['default/deb/bookworm is not published as it should be.'];
  const health = await readHealth({ ...well, repositories });
  expect(health.status).toBe('ok');
  expect(health.parts['repositories']).toEqual({
    ok: false,
    detail: 'default/deb/bookworm is not published as it should be. The log of the publisher says why.',
  });
  expect((await readHealth(well)).parts['repositories']).toEqual({ ok: true, detail: 'as they should be' });
});
