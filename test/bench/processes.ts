import { readFile, writeFile } from 'node:fs/promises';

/** Memory and processor time of another process, from /proc (proc(5)). */

/** Resident now and at its highest since {@link forgetPeak}, bytes. */
export async function memoryOf(pid: number): Promise<{ resident: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

/** Lets the peak begin again at what is resident now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Processor time used so far, user and system, ms. The clock tick is 10 ms. */
export async function cpuOf(pid: number): Promise<number> {
  const [user, system] = await timesOf(pid);
  return user + system;
}

/** The same of a process and all its descendants, those that ended too. */
export async function cpuOfTree(pid: number): Promise<number> {
  const each = await Promise.all((await treeOf(pid)).map((one) => timesOf(one).catch(() => [])));
  return each.flat().reduce((sum, time) => sum + time, 0);
}

/** Resident memory of a process and all its living descendants, bytes; what they share is counted for each. */
export async function memoryOfTree(pid: number): Promise<number> {
  const each = await Promise.all((await treeOf(pid)).map((one) => memoryOf(one).catch(() => ({ resident: 0 }))));
  return each.reduce((sum, { resident }) => sum + (resident || 0), 0);
}

async function treeOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(treeOf))).flat()];
}

/** User and system, of the process itself and of the children that it waited for, ms. */
async function timesOf(pid: number): Promise<[number, number, number, number]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index]) * 10;
  return [at(11), at(12), at(13), at(14)];
}
