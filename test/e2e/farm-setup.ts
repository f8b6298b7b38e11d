import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import { freePort } from '@fatbuildr/testing/free-port';
import type { TestProject } from 'vitest/node';
import { writeConfiguration } from './configuration.ts';
import { type Farm, isAlive, openFarm } from './farm.ts';
import { bindKept, cache, keptImageHas, unbindKept } from './kept.ts';
import { attemptsOf, leftBehind, mountsBelow, processesIn } from './left-behind.ts';
import { serveRpmDistribution } from './rpm/distribution.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of the farm. */
    farm: string;
  }
}

const PREFIX = 'fatbuildr-e2e-';

/**
 * Vitest's global setup: one farm for the whole run, started by fatbuildrd and made ready by fatbuildrctl, as a user
 * would. What it ends with is a test too: nothing may be left of it.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await clearAway();
  const directory = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(directory, 'run.pid'), `${process.pid}`);
  const port = await freePort();
  await writeFile(join(directory, 'port'), `${port}`);
  const repository = await serveRpmDistribution(cache);
  await writeConfiguration(directory, port, repository.url);
  await bindKept(directory);
  const farm = await openFarm(directory);
  try {
    await timed('start', () => farm.startDaemon());
    await makeReady(farm);
  } catch (error) {
    await farm.stopDaemon().catch(() => {});
    await remove(directory);
    await repository.close();
    throw error;
  }
  project.provide('farm', directory);
  return async () => {
    await repository.close();
    await timed('stop', () => stop(farm));
  };
}

async function makeReady(farm: Farm): Promise<void> {
  const steps = [
    ['keyring', 'create', '--instance', 'default'],
    ['keyring', 'create', '--instance', 'other'],
    ['keyring', 'create', '--instance', 'rpms'],
    ['images', 'create', '-f', 'deb', '-f', 'rpm', '-f', 'osi', '--instance', 'default'],
    ...((await keptImageHas('deb', 'git')) ? [] : [['images', 'update', '-f', 'deb', '--instance', 'default']]),
    ['images', 'env-create', '--instance', 'default'],
    ['images', 'env-create', '--instance', 'other'],
    ['images', 'env-create', '--instance', 'rpms'],
  ];
  for (const step of steps) {
    await timed(step.join(' '), async () => {
      const { status, stdout, stderr } = await farm.ctl(step);
      if (status !== 0) throw new Error(`fatbuildrctl ${step.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
    });
  }
}

async function stop(farm: Farm): Promise<void> {
  const { directory } = farm;
  const attempts = await attemptsOf(farm.client);
  await farm.stopDaemon();
  await unbindKept(directory);
  const left = [
    ...(await leftBehind(directory, attempts)),
    ...(await mountsBelow(directory)).map((path) => `mount ${path}`),
    ...(await processesIn(directory)),
  ];
  if (left.length > 0) throw new Error(`the farm left behind, in ${directory}:\n${left.join('\n')}`);
  await rm(directory, { recursive: true });
}

/** Farms of runs that were killed, or that had left something to look at. */
async function clearAway(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((one) => one.startsWith(PREFIX))) {
    const directory = join(tmpdir(), name);
    const pid = await readFile(join(directory, 'run.pid'), 'utf8').catch(() => '');
    if (pid === '' || (await isAlive(Number(pid)))) continue;
    await (await openFarm(directory)).stopDaemon().catch(() => {});
    await remove(directory);
  }
}

async function remove(directory: string): Promise<void> {
  await unbindKept(directory);
  await removeTree(directory);
}

async function timed(what: string, action: () => Promise<void>): Promise<void> {
  const began = Date.now();
  await action();
  console.log(`e2e farm: ${what} ${((Date.now() - began) / 1000).toFixed(1)}s`);
}
