import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { cpuOfTree, memoryOfTree } from '../processes.ts';
import { type Figure, median, medianOf } from '../report.ts';

/** What a piece of work took. */
export interface Cost {
  /** ms */
  wall: number;
  /** Of the processor, user and system, all children included, ms. */
  cpu: number;
  /** The most that was resident at once, all children included, bytes. */
  peak: number;
}

/** How often resident memory is looked at, ms. */
const LOOK_EVERY = 20;

/** A command, from its start to its end. */
export async function costOfCommand(
  [program, ...args]: readonly [string, ...string[]],
  env: Record<string, string> = {},
): Promise<Cost> {
  const script = 'TIMEFORMAT=\'%U %S\'; time "$@" >/dev/null';
  const began = performance.now();
  const child = spawn('bash', ['-c', script, 'bash', program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const looking = lookAt(child.pid as number);
  const [complaint, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  const wall = performance.now() - began;
  const peak = looking();
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${complaint.trim()}`);
  const [user = 0, system = 0] = (complaint.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall, cpu: (user + system) * 1000, peak };
}

/** Work that a running process does, and what it does after its answer until it rests. */
export async function costOfWork(pid: number, work: () => Promise<unknown>): Promise<Cost> {
  const before = await cpuOfTree(pid);
  const looking = lookAt(pid);
  const began = performance.now();
  await work().catch((error) => {
    looking();
    throw error;
  });
  const wall = performance.now() - began;
  const peak = looking();
  let cpu = await cpuOfTree(pid);
  for (let last = -1; cpu > last; ) {
    last = cpu;
    await new Promise((resolve) => setTimeout(resolve, 200));
    cpu = await cpuOfTree(pid);
  }
  return { wall, cpu: cpu - before, peak };
}

/** Costs one after the other. */
export function sumOf(...costs: readonly Cost[]): Cost {
  return {
    wall: costs.reduce((sum, { wall }) => sum + wall, 0),
    cpu: costs.reduce((sum, { cpu }) => sum + cpu, 0),
    peak: Math.max(...costs.map(({ peak }) => peak)),
  };
}

/** Medians of each kind, three figures. */
export function figuresOf(name: string, costs: readonly Cost[]): Figure[] {
  return [
    medianOf(
      `${name}: time`,
      'ms',
      costs.map(({ wall }) => wall),
    ),
    medianOf(
      `${name}: processor`,
      'ms',
      costs.map(({ cpu }) => cpu),
    ),
    medianOf(
      `${name}: memory`,
      'MB',
      costs.map(({ peak }) => peak / 1e6),
    ),
  ];
}

/** How the medians of time relate. */
export function ratio(name: string, ours: readonly Cost[], theirs: readonly Cost[], atMost: number): Figure {
  const wall = (costs: readonly Cost[]) => median(costs.map((cost) => cost.wall));
  return { name, unit: '', value: wall(ours) / wall(theirs), target: { atMost } };
}

/** Looks until it is asked for the highest that it saw. */
function lookAt(pid: number): () => number {
  let peak = 0;
  let stopped = false;
  const look = async () => {
    while (!stopped) {
      peak = Math.max(peak, await memoryOfTree(pid).catch(() => 0));
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  };
  void look();
  return () => {
    stopped = true;
    return peak;
  };
}
