import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { farmSourceFiles } from '@fatbuildr/formats';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type HostFarm, hostFarm } from '../hosts/host-farm.ts';
import { startWorkerProcess, type WorkerProcess } from '../hosts/other-host.ts';
import { aptClient } from '../registry/apt-client.ts';

const HOUR = 3_600_000;
const preload = execFileSync('dpkg', ['-L', 'libfaketime'])
  .toString()
  .split('\n')
  .find((path) => path.endsWith('/libfaketime.so.1'));

/** One host, an hour off the rest of the farm; its monotonic clock is right, as it is with a wrong RTC. */
describe.each([
  ['ahead', '+1h'],
  ['behind', '-1h'],
])('a worker whose clock is an hour %s', (name, offset) => {
  const clock = { LD_PRELOAD: `${preload}`, FAKETIME: offset, DONT_FAKE_MONOTONIC: '1' };
  let farm: HostFarm;
  let host: WorkerProcess;

  beforeAll(async () => {
    farm = await hostFarm();
    const { token, api } = await farm.client.addWorker({ body: { name } });
    const args = ['--config', await farm.hostSettings(name), '--api', api, '--token', token];
    host = startWorkerProcess(args, undefined, clock);
    await vi.waitFor(
      async () => {
        const { state } = await farm.client.worker({ params: { worker: name } });
        expect([state, host.output()]).toEqual(['online', expect.any(String)]);
      },
      { timeout: 30_000, interval: 100 },
    );
    await farm.equip();
  }, 60_000);
  afterAll(async () => {
    await host?.stop();
    await farm?.stop();
  });

  test('builds as any other: every time that is told is the server’s', async () => {
    const began = Date.now();
    const theirs = execFileSync(process.execPath, ['-p', 'Date.now()'], { env: { ...process.env, ...clock } });
    expect(Math.abs(Number(theirs) - began)).toBeGreaterThan(HOUR / 2);
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

  test('the apt of its builds takes what was published a moment ago', async () => {
    await farm.ended(await submit(farm.client, { artifact: 'fresh' }));
    const { publicKey } = await farm.client.keyring({ params: { instance: 'default' } });
    const [key, sources] = farmSourceFiles({
      url: `${farm.url}/default/deb`,
      distribution: 'bookworm',
      derivatives: ['main'],
      origin: 'default',
      publicKey,
    });
    const apt = await aptClient('');
    try {
      const keyFile = join(apt.dir, 'farm.asc');
      await writeFile(keyFile, publicKey);
      const text = `${sources?.text}`.replace(`${key?.path}`, keyFile);
      await writeFile(join(apt.dir, 'etc/apt/sources.list.d/farm.sources'), text);
      const wrong = Object.entries(clock).map(([variable, value]) => `${variable}=${value}`);
      expect(await apt.run('env', ...wrong, 'apt-get', 'update')).not.toMatch(/^[WE]:/m);
      expect(await apt.versions('fresh')).toHaveLength(1);
    } finally {
      await apt.remove();
    }
  });
});
