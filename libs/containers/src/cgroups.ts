import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ContainerLimits } from './container.ts';

export interface LimitGroups {
  /** The `cgroup.procs` files a process writes its pid to in order to come under the limits. */
  processFiles: string[];
  /** Removes the groups once they are empty; never throws. */
  remove(): Promise<void>;
}

const prefix = 'fatbuildr-';
const ownLeaf = 'fatbuildr-self';
const cgroupRoot = '/sys/fs/cgroup';

/** Per limit: its controller and the file that holds it in cgroups version 1 and 2. */
const controllers = {
  memoryBytes: { name: 'memory', v1: 'memory.limit_in_bytes', v2: 'memory.max' },
  processes: { name: 'pids', v1: 'pids.max', v2: 'pids.max' },
} as const;

/**
 * Makes a cgroup named after the container for each limit, below this process's own group, so that the host's limits
 * for the worker go on counting. What the host does not offer is said through `warn` and left out.
 */
export async function createLimitGroups(
  name: string,
  limits: ContainerLimits,
  warn: (message: string) => void,
): Promise<LimitGroups> {
  const made = new Set<string>();
  for (const key of ['memoryBytes', 'processes'] as const) {
    const value = limits[key];
    if (value === undefined) continue;
    const { name: controller, v1, v2 } = controllers[key];
    try {
      const parent = await parentGroup(controller);
      const group = join(parent.path, prefix + name);
      await mkdir(group, { recursive: true });
      made.add(group);
      await writeFile(join(group, parent.version === 1 ? v1 : v2), String(value));
    } catch (error) {
      warn(`container ${name} runs without its ${controller} limit, cgroups refuse it: ${(error as Error).message}`);
    }
  }
  return {
    processFiles: [...made].map((group) => join(group, 'cgroup.procs')),
    remove: async () => {
      for (const group of made) await removeGroup(group);
    },
  };
}

/** Removes groups of containers for which `isStale` holds and that no process is in. */
export async function removeLimitGroups(isStale: (containerName: string) => boolean): Promise<void> {
  for (const { name } of Object.values(controllers)) {
    const parent = await parentGroup(name).catch(() => undefined);
    if (parent === undefined) continue;
    for (const entry of await readdir(parent.path)) {
      if (!entry.startsWith(prefix) || entry === ownLeaf) continue;
      if (isStale(entry.slice(prefix.length))) await removeGroup(join(parent.path, entry));
    }
  }
}

async function parentGroup(controller: string): Promise<{ version: 1 | 2; path: string }> {
  const lines = (await readFile('/proc/self/cgroup', 'utf8')).trim().split('\n');
  const groups = lines.map((line) => {
    const [, names = '', ...path] = line.split(':');
    return { names: names.split(','), path: path.join(':') };
  });
  const first = groups.find(({ names }) => names.includes(controller));
  if (first !== undefined) return { version: 1, path: join(cgroupRoot, controller, first.path) };
  const unified = groups.find(({ names }) => names[0] === '');
  if (unified === undefined) throw new Error(`this host has no ${controller} controller`);
  const own = join(cgroupRoot, unified.path);
  const path = basename(own) === ownLeaf ? dirname(own) : own;
  await delegate(path, controller);
  return { version: 2, path };
}

/** In version 2 only a group without processes hands controllers down: this process moves into a leaf (cgroups(7)). */
async function delegate(group: string, controller: string): Promise<void> {
  const control = join(group, 'cgroup.subtree_control');
  if ((await readFile(control, 'utf8')).split(/\s+/).includes(controller)) return;
  const leaf = join(group, ownLeaf);
  await mkdir(leaf, { recursive: true });
  await writeFile(join(leaf, 'cgroup.procs'), String(process.pid));
  await writeFile(control, `+${controller}`);
}

async function removeGroup(group: string): Promise<void> {
  const below = await readdir(group, { withFileTypes: true }).catch(() => []);
  for (const entry of below) if (entry.isDirectory()) await removeGroup(join(group, entry.name));
  await rmdir(group).catch(() => undefined); // processes are in it still: the reaper's next round
}
