import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseMountInfo } from './mounts.ts';
import { childrenOf, sendSignal } from './processes.ts';

/**
 * Kills every container whose root lies in `workspace`, whoever started it, and waits until it is gone.
 *
 * nspawn is known by its own command line; where nspawn was killed under its container, that container's init is known by
 * the overlay it has as its root. A process that only pretends to be one of them harms nobody but itself.
 */
export async function killContainersIn(workspace: string): Promise<number> {
  let killed = 0;
  for (let round = 0; round < 100; round++) {
    const found = await findContainers(workspace);
    if (found.length === 0) return killed;
    for (const pid of found) {
      const inits = await childrenOf(pid);
      for (const init of inits) sendSignal(init, 'SIGKILL');
      // One that sets up still or that stays without its container: nspawn ends at once on SIGTERM.
      if (inits.length === 0 || round > 0) sendSignal(pid, round < 20 ? 'SIGTERM' : 'SIGKILL');
    }
    killed = Math.max(killed, found.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`processes in ${workspace} do not end: ${(await findContainers(workspace)).join(', ')}`);
}

async function findContainers(workspace: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => (await isNspawnIn(pid, workspace)) || (await isInitIn(pid, workspace))),
  );
  return pids.filter((_, index) => marked[index]);
}

async function isNspawnIn(pid: number, workspace: string): Promise<boolean> {
  const [program = '', ...rest] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return basename(program) === 'systemd-nspawn' && rest.some((word) => word.startsWith(`--directory=${workspace}/`));
}

async function isInitIn(pid: number, workspace: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (!/^NSpid:\t\d+\t1$/m.test(status)) return false;
  const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  const root = parseMountInfo(mounts).find(({ path }) => path === '/');
  return root?.options.includes(`upperdir=${workspace}/`) ?? false;
}
