import { describe, expect, test } from 'vitest';
import { until } from './farm.ts';
import { leftBehind } from './left-behind.ts';
import { sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

/** Submits a build that ends at a point in time, however often it is begun; waits until it is building. */
async function buildUntil(name: string, seconds: number) {
  const end = Math.ceil(Date.now() / 1000) + seconds;
  const dsc = await sourcePackage({ name, build: `while [ $(date +%s) -lt ${end} ]; do sleep 0.2; done` });
  const task = await farm.submit([dsc, '-d', 'bookworm']);
  const attempts = async () => (await farm.task(task)).jobs[0]?.attempts ?? [];
  await until(async () => (await attempts())[0]?.phases.some((phase) => phase.name === 'build') ?? false, 60_000);
  return { task, attempt: (await attempts())[0]?.id ?? '' };
}

async function expectPublishedOnce(name: string, task: string) {
  const { jobs } = await farm.task(task);
  const publication = jobs.find((job) => job.name.startsWith('publish'));
  expect(publication?.attempts).toHaveLength(1);
  const { stdout } = await farm.ctl(['registry', 'list', '-d', 'bookworm', '-a', name, '--json']);
  const architectures = (JSON.parse(stdout) as { architecture: string }[]).map((one) => one.architecture);
  expect(architectures.toSorted()).toEqual(['amd64', 'source']);
}

describe('a build goes on', () => {
  test('after its worker was killed', async () => {
    const { task, attempt } = await buildUntil('survivor', 8);
    const { worker = 0 } = await farm.processes();
    const killed = Date.now();
    process.kill(worker, 'SIGKILL');
    await until(async () => ((await farm.task(task)).jobs[0]?.attempts.length ?? 0) > 1, 45_000);
    expect(Date.now() - killed).toBeLessThan(20_000);
    expect(await farm.watch(task)).toMatchObject({ status: 0, task: { outcome: 'success' } });
    const [first, second, ...more] = (await farm.task(task)).jobs[0]?.attempts ?? [];
    expect(first).toMatchObject({ id: attempt, outcome: 'infrastructure-failure' });
    expect(second).toMatchObject({ outcome: 'success' });
    expect(more).toEqual([]);
    await expectPublishedOnce('survivor', task);
    expect(await leftBehind(farm.directory, [attempt])).toEqual([]);
  });

  test('after the whole farm was stopped', async () => {
    const { task, attempt } = await buildUntil('pausing', 35);
    await farm.stopDaemon();
    expect(await leftBehind(farm.directory, [attempt])).toEqual([]);
    await farm.startDaemon();
    expect(await farm.watch(task)).toMatchObject({ status: 0, task: { outcome: 'success' } });
    await expectPublishedOnce('pausing', task);
  });
});
