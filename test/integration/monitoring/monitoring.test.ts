import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, FetchInit } from '@fatbuildr/client';
import { unixFetch } from '@fatbuildr/client/node';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';

const deploy = new URL('../../../deploy/', import.meta.url);

let redis: TestRedis;
let farm: Farm;
let get: (path: string, init?: FetchInit) => Promise<Answer>;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url });
  const socket = unixFetch(join(farm.directory, 'run/api.sock'));
  get = (path, init) => socket(`http://localhost${path}`, init);
  for (const artifact of ['good', 'fail-bad']) await farm.ended(await submit(farm.client, { artifact }));
  // A task is over before the last of its host's checks is.
  await vi.waitFor(async () => expect((await farm.client.workers({})).workers[0]?.busy).toBe(0), 20_000);
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

const metrics = async () => (await get('/metrics')).text();

test('a farm that built something shows it, its host, its publisher and its keyring', async () => {
  const body = await metrics();
  const labels = 'kind="build",format="deb",distribution="bookworm"';
  expect(body).toContain(`fatbuildr_tasks_total{${labels},outcome="success"} 1`);
  expect(body).toContain(`fatbuildr_tasks_total{${labels},outcome="build-failure"} 1`);
  expect(body).toMatch(/^fatbuildr_publication_duration_seconds_count\{[^}]*distribution="bookworm"\} [12]$/m);
  expect(body).toMatch(/^fatbuildr_phase_duration_seconds_count\{phase="publish"\} [1-9]/m);
  expect(body).toMatch(/^fatbuildr_log_bytes_total [1-9]\d*$/m);
  expect(body).toMatch(/^fatbuildr_keyring_expiry_timestamp_seconds\{instance="default"\} 1\d{9}/m);
  expect(body).toContain('fatbuildr_worker_slots_free{worker="fake"} 2');
  expect(body).toMatch(/^fatbuildr_disk_free_bytes\{where="worker:fake"\} \d{6}/m);
  for (const up of ['redis_up', 'publisher_up', 'workers{state="online"}'])
    expect(body).toContain(`fatbuildr_${up} 1\n`);
});

test('every metric of the dashboard and of the alerts has a value, but for what has not gone wrong', async () => {
  const body = await metrics();
  const files = await Promise.all(
    ['grafana/fatbuildr.json', 'prometheus/alerts.yml'].map((file) => readFile(new URL(file, deploy), 'utf8')),
  );
  const named = new Set(files.join('\n').match(/\b(?:fatbuildr|nodejs|process)_[a-z0-9_]+_[a-z]+\b/g));
  const missing = [...named].filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(body));
  expect(missing).toEqual(['fatbuildr_leases_lost_total']);
});

test("Prometheus' own tools accept the exposition and the rules", async ({ skip }) => {
  const promtool = await execa('promtool', ['--version'], { reject: false });
  if (promtool.exitCode !== 0) skip('promtool is not installed (package prometheus)');
  const rules = new URL('prometheus/alerts.yml', deploy).pathname;
  expect((await execa('promtool', ['check', 'rules', rules], { reject: false })).exitCode).toBe(0);
  const checked = await execa('promtool', ['check', 'metrics'], { input: await metrics(), reject: false });
  // it also has opinions on the names that prom-client gives to Node's own metrics
  const ours = `${checked.stdout}\n${checked.stderr}`.split('\n').filter((line) => line.startsWith('fatbuildr'));
  expect(ours).toEqual([]);
  expect(checked.stderr).not.toMatch(/error while linting|expected/);
});

test('bull-board shows the real queues, read-only', async () => {
  const { queues } = (await (await get('/admin/queues/api/queues?page=1')).json()) as {
    queues: { name: string; readOnlyMode: boolean }[];
  };
  const names = queues.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['default.deb.amd64', 'publisher']));
  expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  const paused = await get('/admin/queues/api/queues/publisher/pause', { method: 'PUT' });
  expect(paused.status).toBe(403);
  expect((await farm.ended(await submit(farm.client, { artifact: 'later' }))).outcome).toBe('success');
});

test('a Redis that is away is shown, and scraping goes on', async () => {
  await redis.pause();
  try {
    await expect.poll(metrics, { timeout: 20_000 }).toContain('fatbuildr_redis_up 0');
  } finally {
    await redis.resume();
  }
  await expect.poll(metrics, { timeout: 20_000 }).toContain('fatbuildr_redis_up 1');
});
