import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type HostFarm, hostFarm } from '../hosts/host-farm.ts';
import { startWorkerProcess, type WorkerProcess } from '../hosts/other-host.ts';

const HOUR = 3_600_000;
const preload = execFileSync('dpkg', ['-L', 'libfaketime'])
  .toString()
  .split('\n')
  .find((path) => path.endsWith('/libfaketime.so.1'));
const clock = { LD_PRELOAD: `${preload}`, FAKETIME: '+1h', DONT_FAKE_MONOTONIC: '1' };
let farm: HostFarm;
let host: WorkerProcess;

/** One host, an hour ahead of the rest of the farm; its monotonic clock is right, as it is with a wrong RTC. */
beforeAll(async () => {
  farm = await hostFarm();
  const { token, api } = await farm.client.addWorker({ body: { name: 'ahead' } });
  const args = ['--config', await farm.hostSettings('ahead'), '--api', api, '--token', token];
  host = startWorkerProcess(args, undefined, clock);
  await vi.waitFor(
    async () => {
      const { state } = await farm.client.worker({ params: { worker: 'ahead' } });
      expect([state, host.output()]).toEqual(['online', expect.any(String)]);
    },
    { timeout: 30_000, interval: 100 },
  );
  await farm.equip();
});
afterAll(async () => {
  await host?.stop();
  await farm?.stop();
});

test('a worker an hour ahead builds as any other: every time that is told is the server’s', async () => {
  const began = Date.now();
  const theirs = execFileSync(process.execPath, ['-p', 'Date.now()'], { env: { ...process.env, ...clock } });
  expect(Number(theirs) - began).toBeGreaterThan(HOUR / 2);
  const task = await farm.ended(await submit(farm.client, { artifact: 'slow-clock' }));
  expect(task.outcome).toBe('success');
  const attempts = task.jobs.flatMap((job) => job.attempts);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
  const times = attempts.flatMap((attempt) => [attempt.began, ...attempt.phases.map((phase) => phase.began)]);
  for (const time of times) {
    expect(time).toBeGreaterThan(began - 1000);
    expect(time).toBeLessThan(Date.now() + 1000);
  }
});
