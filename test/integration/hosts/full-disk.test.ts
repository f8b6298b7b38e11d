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

test('what fails on a full disk is never called a fault of the package or its definition', async () => {
  await farm.join('tiny', { reportMs: farWhile });
  await farm.equip();
  const firstAttempts = async () => {
    const tasks = ['fail', 'deps', 'reject'].map((artifact) => submit(farm.client, { artifact }));
    const found = tasks.map(async (submitted) => {
      const { id } = await submitted;
      return vi.waitFor(async () => {
        const { jobs } = await farm.client.task({ params: { task: id } });
        const { outcome, cause } = jobs[0]?.attempts[0] ?? {};
        if (!outcome) throw new Error('not over yet');
        return [outcome, cause?.message];
      }, within);
    });
    return Promise.all(found);
  };
  const outcomes = (await firstAttempts()).map(([outcome]) => outcome);
  expect(outcomes).toEqual(['build-failure', 'dependency-failure', 'rejected']);
  await fill();
  const full = expect.stringMatching(/^This build host is full \(the disk of .*It ended with: /);
  for (const found of await firstAttempts()) expect(found).toEqual(['infrastructure-failure', full]);
});
