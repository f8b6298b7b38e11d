import { join } from 'node:path';
import { removeTree } from '@fatbuildr/containers';
import type { Farm } from '../e2e/farm.ts';
import { type Figure, median, medianOf } from './report.ts';
import { until } from './until.ts';

/** A build that the farm did. */
export interface Farmed {
  task: string;
  /** From the start of `fatbuildrctl build` to the end of the task, when the repository has it; s. */
  took: number;
  /** Each phase before that, s. */
  phases: [string, number][];
}

/** Builds, and waits until the checks that follow are over too: they are not counted. */
export async function throughFarm(farm: Farm, args: readonly string[]): Promise<Farmed> {
  const began = performance.now();
  const id = await farm.submit([...args, '-m', 'bench']);
  await until(async () => (await farm.task(id)).state === 'done', 600_000, 100);
  const took = (performance.now() - began) / 1000;
  await until(async () => (await farm.client.workers({})).workers.every(({ busy }) => busy === 0), 120_000, 200);
  const task = await farm.task(id);
  if (task.outcome !== 'success') throw new Error(`${args[0]} ended as ${task.outcome}: ${task.cause?.message}`);
  const phases = task.jobs.flatMap((job) => job.attempts).flatMap((attempt) => attempt.phases);
  return {
    task: id,
    took,
    phases: phases
      .filter(({ name, ended }) => name !== 'check' && ended !== null)
      .map(({ name, began: from, ended }): [string, number] => [name, ((ended ?? from) - from) / 1000]),
  };
}

/** The median of each phase, over several builds. */
export function phaseFigures(who: string, builds: readonly Farmed[]): Figure[] {
  const samples = new Map<string, number[]>();
  for (const [name, took] of builds.flatMap(({ phases }) => phases)) {
    samples.set(name, [...(samples.get(name) ?? []), took]);
  }
  return [...samples].map(([name, all]) => medianOf(`${who}, phase ${name}`, 's', all));
}

/** Builds of a definition in pairs: one that finds nothing installed, and the next, which finds what that one kept. */
export async function warmed(farm: Farm, args: readonly string[], rounds: number): Promise<Figure[]> {
  const first: Farmed[] = [];
  const second: Farmed[] = [];
  for (let round = 0; round < rounds; round++) {
    // Nothing is being built: no layer is in use.
    await removeTree(join(farm.directory, 'cache/warm'));
    first.push(await throughFarm(farm, args));
    second.push(await throughFarm(farm, args));
  }
  const seconds = (builds: readonly Farmed[]) => builds.map(({ took }) => took);
  const ratio = median(seconds(second)) / median(seconds(first));
  return [
    medianOf('farm, warm, first', 's', seconds(first)),
    medianOf('farm, warm, second', 's', seconds(second)),
    { name: 'second ÷ first', value: ratio, unit: '', target: { atMost: 0.8 } },
    ...phaseFigures('first', first),
    ...phaseFigures('second', second),
  ];
}
