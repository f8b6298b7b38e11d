import { execFileSync } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { submit } from '../farm/submit.ts';
import { type HostFarm, hostFarm } from './host-farm.ts';

const within = { timeout: 20_000, interval: 50 };
const farWhile = 3_600_000;
let farm: HostFarm;
let disk: string;

/** A disk of 48 MiB that the host called `tiny` works on; it is full with less than 2.4 MiB free. */
beforeEach(async () => {
  farm = await hostFarm();
  disk = join(farm.directory, 'tiny');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]);
});
afterEach(async () => {
  // What is under the mount goes with it; the worker stops before its directory is removed.
  execFileSync('umount', ['--lazy', disk]);
  await farm.stop();
});

async function fill(): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(join(disk, 'filler'), Buffer.alloc(bavail * bsize - 2 * 1024 ** 2));
}

test('a host with a full disk says so and gets no jobs until there is room', async () => {
  await farm.join('tiny');
  await farm.equip();
  await fill();
  await vi.waitFor(async () => {
    const { reason } = await farm.client.worker({ params: { worker: 'tiny' } });
    expect(reason).toMatch(new RegExp(`^the disk of ${disk}/state has . MiB free`));
  }, within);
  const task = await submit(farm.client, { artifact: 'hello' });
  await vi.waitFor(async () => {
    const { state, waiting } = await farm.client.task({ params: { task: task.id } });
    expect([state, waiting]).toEqual(['queued', expect.stringMatching(/tiny, is full: the disk of/)]);
  }, within);
  await rm(join(disk, 'filler'));
  expect((await farm.ended(task)).outcome).toBe('success');
});

test('a build that fails on a full disk is never called a build failure', async () => {
  await farm.join('tiny', { reportMs: farWhile });
  await farm.equip();
  expect((await farm.ended(await submit(farm.client, { artifact: 'fail' }))).outcome).toBe('build-failure');
  await fill();
  const task = await farm.ended(await submit(farm.client, { artifact: 'fail' }));
  expect(task.outcome).toBe('infrastructure-failure');
  expect(task.jobs[0]?.attempts[0]?.cause?.message).toMatch(/^This build host is full \(the disk of .*It ended with: /);
});
