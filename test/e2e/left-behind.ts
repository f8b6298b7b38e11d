import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Client } from '@fatbuildr/client';
import { execa } from 'execa';

/** The attempts of every task of the farm: their ids name workspaces, containers and networks. */
export async function attemptsOf(client: Client): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.tasks({ query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } });
    ids.push(...page.tasks.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  const tasks = await Promise.all(ids.map((task) => client.task({ params: { task } })));
  return tasks.flatMap(({ jobs }) => jobs.flatMap((job) => job.attempts.map(({ id }) => id)));
}

/** What is left on this host of the attempts that worked below `directory`: workspaces, mounts, networks, processes. */
export async function leftBehind(directory: string, attempts: readonly string[]): Promise<string[]> {
  const named = (text: string) => attempts.some((id) => text.includes(id));
  const workspaces = await readdir(`${directory}/cache/workspaces`).catch(() => []);
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const { stdout: networks } = await execa('ip', ['netns', 'list']);
  return [
    ...workspaces.filter(named).map((name) => `workspace ${name}`),
    ...mounts.filter((line) => line.includes(directory) && named(line)).map((line) => `mount ${line}`),
    ...networks
      .split('\n')
      .filter(named)
      .map((name) => `network ${name}`),
    ...(await processesIn(directory, named)),
  ];
}

/** Mounts below a directory. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return mounts.map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${directory}/`));
}

/** Processes that speak of the directory on their command line, or whose root is an overlay in it. */
export async function processesIn(directory: string, which: (text: string) => boolean = () => true): Promise<string[]> {
  const own = await readlink('/proc/self/ns/mnt');
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`)) {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    const elsewhere = (await readlink(`/proc/${pid}/ns/mnt`).catch(() => own)) !== own;
    const mounts = elsewhere ? await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '') : '';
    const rootLine = mounts.split('\n').find((line) => line.split(' ')[4] === '/') ?? '';
    for (const text of [command, rootLine]) {
      if (text.includes(`${directory}/`) && which(text)) found.push(`process ${pid} ${command}`);
    }
  }
  return found;
}
