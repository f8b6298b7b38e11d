import { afterEach, beforeEach, expect, test } from 'vitest';
import { failed, type TestControl, testControl } from '../control/test-control.ts';
import { createMetrics } from './metrics.ts';
import { readFarm } from './read-farm.ts';
import { quietFarm } from './test-reading.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

function metricsOf({ context, workers, registry }: TestControl, redis = true) {
  const metrics = createMetrics({
    version: '3.0.0',
    read: () =>
      readFarm({
        stores: context.database.stores,
        workers: () => workers.list(),
        keyring: (instance) => registry.keyring(instance),
        redis: async () => redis,
        instances: context.config.instances,
        state: '/',
        clock: context.clock,
      }),
  });
  context.events.onFact(metrics.observe);
  return metrics;
}

async function lines(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  return (await metrics.render()).body.split('\n');
}

test('every line is one of the text format 0.0.4', async () => {
  const metrics = createMetrics({ version: '3.0.0', read: async () => quietFarm() });
  metrics.observe({ fact: 'attempt-lost', host: 'a "quoted"\\\nhost' });
  const { contentType, body } = await metrics.render();
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  const sample = /^[a-zA-Z_:][\w:]*(\{\w+="([^"\\\n]|\\[\\"n])*"(,\w+="([^"\\\n]|\\[\\"n])*")*\})? (\S+)$/;
  for (const line of body.trimEnd().split('\n')) {
    if (line !== '') expect(line).toMatch(line.startsWith('#') ? /^# (HELP|TYPE) \w+ .+$/ : sample);
  }
  expect(body).toContain('fatbuildr_leases_lost_total{host="a \\"quoted\\"\\\\\\nhost"} 1');
});

test('a job that waits shows in its queue with its age, and the hosts with their slots', async () => {
  const metrics = metricsOf(farm);
  await farm.ready();
  await farm.build();
  farm.advance(20_000);
  const seen = await lines(metrics);
  expect(seen).toContain('fatbuildr_jobs_queued{capability="default.deb.amd64"} 1');
  expect(seen).toContain('fatbuildr_jobs_oldest_wait_seconds{capability="default.deb.amd64"} 20');
  expect(seen).toContain('fatbuildr_workers{state="online"} 1');
  expect(seen).toContain('fatbuildr_publisher_up 1');
  expect(seen.some((line) => line.startsWith('fatbuildr_disk_free_bytes{where="state"} '))).toBe(true);
  farm.advance(60_000);
  expect(await lines(metrics)).toContain('fatbuildr_workers{state="online"} 0');
});

test('a build that fails is counted once, with the phases it went through and its log', async () => {
  const metrics = metricsOf(farm, false);
  const worker = await farm.ready();
  const { id } = await farm.build();
  const call = await farm.claim(id, worker);
  await farm.attempts.phase(call, { phase: 'build', event: 'begin', logOffset: 0 });
  farm.advance(3000);
  await farm.attempts.phase(call, { phase: 'build', event: 'end', logOffset: 0 });
  await farm.attempts.phase(call, { phase: 'build', event: 'end', logOffset: 0 });
  await farm.attempts.result(call, failed('build-failure'));
  await farm.attempts.result(call, failed('build-failure'));
  const seen = await lines(metrics);
  const labels = 'kind="build",format="deb",distribution="bookworm",outcome="build-failure"';
  expect(seen).toContain(`fatbuildr_tasks_total{${labels}} 1`);
  expect(seen).toContain('fatbuildr_phase_duration_seconds_sum{phase="build"} 3');
  expect(seen).toContain('fatbuildr_phase_duration_seconds_count{phase="build"} 1');
  expect(seen).toContain('fatbuildr_attempts_total{host="one",outcome="build-failure"} 1');
  expect(seen).toContain('fatbuildr_redis_up 0');
});

test('a farm that changes is shown as it is: what is gone is not shown any more', async () => {
  const readings = [
    quietFarm({ disks: [{ where: 'worker:old', free: 1, total: 2 }] }),
    quietFarm({ workers: [{ name: 'one', state: 'offline', slots: 2, busy: 0 }] }),
  ];
  const metrics = createMetrics({ version: '3.0.0', read: async () => readings.shift()! });
  expect(await lines(metrics)).toContain('fatbuildr_disk_free_bytes{where="worker:old"} 1');
  const seen = await lines(metrics);
  expect(seen.join('\n')).not.toContain('worker:old');
  expect(seen).toContain('fatbuildr_worker_slots_free{worker="one"} 0');
});
