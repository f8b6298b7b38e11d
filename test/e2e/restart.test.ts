import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from './farm.ts';
import { leftBehind } from './left-behind.ts';
import { sourcePackage } from './packages.ts';
import { farm } from './this-farm.ts';

/** Submits a build that waits for `release`; resolves when it is building. */
async function waitingBuild(name: string) {
  const dsc = await sourcePackage({ name, build: 'while [ ! -e /tmp/go ]; do sleep 0.2; done' });
  const task = await farm.submit([dsc, '-d', 'bookworm']);
  return { task, attempt: await building(task, 1) };
}

/** The attempt of that number, once its build phase has begun. */
async function building(task: string, number: number): Promise<string> {
  const find = async () => (await farm.task(task)).jobs[0]?.attempts.find((one) => one.number === number);
  await until(async () => (await find())?.phases.some(({ name }) => name === 'build') ?? false, 60_000);
  return (await find())?.id ?? '';
}

async function release(attempt: string): Promise<void> {
  await writeFile(join(farm.directory, 'cache/workspaces', attempt, 'environment/merged/tmp/go'), '');
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
    const { task, attempt } = await waitingBuild('survivor');
    const { worker = 0 } = await farm.processes();
    const killed = Date.now();
    process.kill(worker, 'SIGKILL');
    await until(async () => ((await farm.task(task)).jobs[0]?.attempts.length ?? 0) > 1, 45_000);
    expect(Date.now() - killed).toBeLessThan(20_000);
    const second = await building(task, 2);
    expect(await leftBehind(farm.directory, [attempt])).toEqual([]);
    await release(second);
    expect(await farm.watch(task)).toMatchObject({ status: 0, task: { outcome: 'success' } });
    expect((await farm.task(task)).jobs[0]?.attempts).toMatchObject([
      { id: attempt, outcome: 'infrastructure-failure' },
      { id: second, outcome: 'success' },
    ]);
    await expectPublishedOnce('survivor', task);
  });

  test('after the whole farm was stopped and started', async () => {
    const { task, attempt } = await waitingBuild('pausing');
    await farm.stopDaemon();
    expect(await leftBehind(farm.directory, [attempt])).toEqual([]);
    await farm.startDaemon();
    await release(await building(task, 2));
    expect(await farm.watch(task)).toMatchObject({ status: 0, task: { outcome: 'success' } });
    await expectPublishedOnce('pausing', task);
  });
});
