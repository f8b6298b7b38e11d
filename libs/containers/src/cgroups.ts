import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ContainerLimits, LimitName } from './container.ts';

export interface LimitGroups {
  /** The `cgroup.procs` files a process writes its pid to in order to come under the limits. */
  processFiles: string[];
  /** Which limits the kernel had to enforce until now: it killed a process, or refused to make one. */
  exceeded(): Promise<LimitName[]>;
  /** Removes the groups once they are empty; never throws. */
  remove(): Promise<void>;
}

const prefix = 'fatbuildr-';
const ownLeaf = 'fatbuildr-self';
const cgroupRoot = '/sys/fs/cgroup';

/** Where a limit is written, and what else must be for it to hold. */
interface Files {
  limit: string;
  /** Written the value that is given, or with none the limit itself; left out where the host has no such file. */
  also?: { file: string; value?: string };
  /** The file and the key in it that count how often the limit was enforced. */
  events: { file: string; key: string };
}

/** Per limit: its controller and its files in cgroups version 1 and 2. Swap would only put off the end. */
const controllers: Record<keyof ContainerLimits, { name: string; limit: LimitName; 1: Files; 2: Files }> = {
  memoryBytes: {
    name: 'memory',
    limit: 'memory',
    1: {
      limit: 'memory.limit_in_bytes',
      also: { file: 'memory.memsw.limit_in_bytes' },
      events: { file: 'memory.oom_control', key: 'oom_kill' },
    },
    2: {
      limit: 'memory.max',
      also: { file: 'memory.swap.max', value: '0' },
      events: { file: 'memory.events', key: 'oom_kill' },
    },
  },
  processes: {
    name: 'pids',
    limit: 'processes',
    1: { limit: 'pids.max', events: { file: 'pids.events', key: 'max' } },
    2: { limit: 'pids.max', events: { file: 'pids.events', key: 'max' } },
  },
};

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
  const watched: { limit: LimitName; file: string; key: string }[] = [];
  for (const key of ['memoryBytes', 'processes'] as const) {
    const value = limits[key];
    if (value === undefined) continue;
    const { name: controller, limit, ...versions } = controllers[key];
    try {
      const parent = await parentGroup(controller);
      const group = join(parent.path, prefix + name);
      await mkdir(group, { recursive: true });
      made.add(group);
      const files = versions[parent.version];
      await writeFile(join(group, files.limit), String(value));
      const { also, events } = files;
      if (also) await writeFile(join(group, also.file), also.value ?? String(value)).catch(() => undefined);
      watched.push({ limit, file: join(group, events.file), key: events.key });
    } catch (error) {
      warn(`container ${name} runs without its ${controller} limit, cgroups refuse it: ${(error as Error).message}`);
    }
  }
  return {
    processFiles: [...made].map((group) => join(group, 'cgroup.procs')),
    async exceeded() {
      const counts = await Promise.all(watched.map(({ file, key }) => readCount(file, key)));
      return watched.filter((_, index) => (counts[index] ?? 0) > 0).map(({ limit }) => limit);
    },
    remove: async () => {
      for (const group of made) await removeGroup(group);
    },
  };
}

/**
 * What an administrator should know of this host's cgroups: in version 1 the kernel runs a program of root's choice when
 * a group becomes empty (`release_agent`, cgroups(7)), outside of every container. Without a user namespace root in a
 * container may choose it: the files that it sees are read-only or not there, but it may mount the tree anew.
 */
export function cgroupWarning(ownGroups: string): string | undefined {
  const isOld = ownGroups.split('\n').some((line) => line !== '' && line.split(':')[1] !== '');
  if (!isOld) return undefined;
  return 'this host has cgroups of version 1, by which a hostile build can reach the host; boot it with systemd.unified_cgroup_hierarchy=1, or let only people build whom you would make root here';
}

/** The number behind `key` in a file of `key number` lines; 0 where there is none. */
async function readCount(file: string, key: string): Promise<number> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const found = lines.find((line) => line.startsWith(`${key} `));
  return found === undefined ? 0 : Number(found.slice(key.length + 1));
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
