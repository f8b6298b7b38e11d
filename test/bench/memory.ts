import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nodeOptions } from '@fatbuildr/daemon/src/parts.ts';
import { makeBigSource } from './big-source.ts';
import type { CourierOrder } from './courier.ts';
import { ended, finished, startBenchFarm } from './farm.ts';
import { forgetPeak, memoryOf } from './processes.ts';
import { type Figure, type Report, root } from './report.ts';
import { nothing, simulateWorker } from './simulated-worker.ts';
import { submitMany, uploadBytes } from './submissions.ts';

const WAITING = 10_000;
const MB = 1_000_000;

/** What the processes hold in memory: the api while many wait, all of them while a large source passes. */
export async function memory(): Promise<Report> {
  return {
    title: 'Memory',
    how:
      `Resident memory from /proc. ${WAITING} builds are submitted while no worker takes any, then the api is looked at for 20 s. ` +
      `A source package whose tarball is 2 GB goes by upload, blob store, worker and publisher into the repository; ` +
      `what each process had at its highest (VmHWM, begun anew before) above what it had before.`,
    figures: [...(await whileManyWait()), ...(await whileMuchPasses())],
  };
}

async function whileManyWait(): Promise<Figure[]> {
  const farm = await startBenchFarm({ workers: ['sim-1'] });
  try {
    const archive = await uploadBytes(farm.client, 'definition.tar', Buffer.from('nobody reads this'));
    // It must be known to be submitted for, and takes one job that never ends.
    const worker = await simulateWorker(farm, {
      name: 'sim-1',
      secret: farm.secrets[0] ?? '',
      slots: 1,
      build: nothing(2 ** 30),
    });
    const before = (await memoryOf(farm.pids.api)).resident;
    await submitMany(farm.client, archive, WAITING);
    await forgetPeak(farm.pids.api);
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    const { resident, peak } = await memoryOf(farm.pids.api);
    await worker.stop();
    return [
      { name: 'api before', value: before / MB, unit: 'MB' },
      { name: `api while ${WAITING} wait`, value: resident / MB, unit: 'MB', target: { below: 200 } },
      { name: `api while ${WAITING} wait, at its highest`, value: peak / MB, unit: 'MB' },
    ];
  } finally {
    await farm.stop();
  }
}

async function whileMuchPasses(): Promise<Figure[]> {
  const farm = await startBenchFarm({ workers: ['sim-1'] });
  const courier = fork(join(root, 'test/bench/courier.ts'), { execArgv: nodeOptions('worker') });
  try {
    const { directory, url, redis, secrets } = farm;
    courier.send({ farm: { directory, url, redis }, name: 'sim-1', secret: secrets[0] ?? '' } satisfies CourierOrder);
    await once(courier, 'message');
    const dsc = await makeBigSource(join(directory, 'source'), 2_000_000_000);
    const pids = { ...farm.pids, worker: courier.pid as number };
    const before = new Map<string, number>();
    for (const [name, pid] of Object.entries(pids)) {
      await forgetPeak(pid);
      before.set(name, (await memoryOf(pid)).resident);
    }
    const task = await submitWithCommand(farm.directory, dsc);
    await finished(farm.client, task.id, 600_000);
    const figures: Figure[] = [];
    for (const [name, pid] of Object.entries(pids)) {
      const value = ((await memoryOf(pid)).peak - (before.get(name) ?? 0)) / MB;
      figures.push({ name: `2 GB source: added to the ${name}`, value, unit: 'MB', target: { below: 100 } });
    }
    figures.push({ name: '2 GB source: fatbuildrctl in all', value: task.peak / MB, unit: 'MB' });
    return figures;
  } finally {
    await ended(courier);
    await farm.stop();
  }
}

/** Submits as a user would; returns the task and what the command held at its highest. */
async function submitWithCommand(directory: string, dsc: string): Promise<{ id: string; peak: number }> {
  const main = join(root, 'apps/cli/src/main.ts');
  const args = [
    main,
    'build',
    dsc,
    '-d',
    'bookworm',
    '-n',
    'Ann',
    '-e',
    'ann@fatbuildr.invalid',
    '-m',
    'big',
    '--batch',
  ];
  const env = { ...process.env, FATBUILDR_URI: `unix://${directory}/run/api.sock` };
  const command: ChildProcess = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let peak = 0;
  const looking = setInterval(() => {
    memoryOf(command.pid as number).then(
      (found) => {
        peak = Math.max(peak, found.peak || 0);
      },
      () => {},
    );
  }, 50);
  let id = '';
  command.stdout?.on('data', (chunk: Buffer) => {
    id += chunk.toString();
  });
  const [status] = await once(command, 'close');
  clearInterval(looking);
  if (status !== 0) throw new Error(`fatbuildrctl build ended with ${status}`);
  return { id: id.trim(), peak };
}
