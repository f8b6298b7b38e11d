import { tmpdir } from 'node:os';
import type { WorkerView } from '@fatbuildr/domain';
import { expect, test } from 'vitest';
import { type HealthSources, readHealth } from './health.ts';

const worker = (state: WorkerView['state']) => ({ state }) as WorkerView;
const well: HealthSources = {
  database: async () => 1,
  redis: async () => 'PONG',
  workers: async () => [worker('online'), worker('offline')],
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
