import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountOverlay, reap, removeTree } from '@fatbuildr/containers';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { minimalTree, scratch, sleepers, until } from './support.ts';

let workspaces: string;
let removeScratch: () => Promise<void>;
const workers: ChildProcess[] = [];

beforeEach(async () => {
  await minimalTree();
  const made = await scratch();
  workspaces = made.path;
  removeScratch = made.remove;
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await reap({ workspaces, isLive: () => false });
  await removeScratch();
});

async function startWorker(name: string, seconds: number): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'doomed-worker.ts');
  const worker = spawn(process.execPath, [script, workspaces, name, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(worker);
  await once(worker.stdout, 'data');
  await until(async () => (await sleepers(seconds)).length === 2);
  return worker;
}

async function killHard(worker: ChildProcess): Promise<void> {
  worker.kill('SIGKILL');
  await once(worker, 'exit');
}

async function traces(name: string): Promise<string[]> {
  const namespaces = (await execa('ip', ['netns', 'list'])).stdout;
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return [
    ...(namespaces.includes(`fatbuildr-${name}`) ? ['network'] : []),
    ...(mounts.includes(`${workspaces}/${name}/`) ? ['mount'] : []),
    ...((await readdir(workspaces)).includes(name) ? ['workspace'] : []),
  ];
}

const unique = (name: string) => `${name}${process.pid}`;

test('a killed worker takes its containers with it, and the reaper clears what is left; a live neighbour goes on', async () => {
  const [dead, live] = [unique('dead'), unique('live')];
  const worker = await startWorker(dead, 271811);
  await startWorker(live, 271812);
  await killHard(worker);
  await until(async () => (await sleepers(271811)).length === 0);
  expect(await traces(dead)).toEqual(['network', 'mount', 'workspace']);

  const report = await reap({ workspaces, isLive: (workspace) => workspace === live });
  expect(report).toEqual({ removed: [dead], failed: [] });
  expect(await traces(dead)).toEqual([]);
  expect(await traces(live)).toEqual(['network', 'mount', 'workspace']);
  expect(await sleepers(271812)).toHaveLength(2);
});

test('containers that run on are killed, also those whose nspawn was', async () => {
  const [whole, orphan] = [unique('whole'), unique('orphan')];
  await startWorker(whole, 271813);
  await startWorker(orphan, 271814);
  const nspawn = await execa('pgrep', ['--full', `^systemd-nspawn .*--machine=${orphan}-build`]);
  const pid = Number(nspawn.stdout);
  process.kill(pid, 'SIGKILL');
  await until(() => !existsSync(`/proc/${pid}`));
  expect(await sleepers(271814)).toHaveLength(2);

  const report = await reap({ workspaces, isLive: () => false });
  expect(report.failed).toEqual([]);
  expect([...(await sleepers(271813)), ...(await sleepers(271814))]).toEqual([]);
  expect([...(await traces(whole)), ...(await traces(orphan))]).toEqual([]);
});

test('a tree is never deleted through a mount: a busy one is detached, reported and left for the next time', async () => {
  const precious = join(workspaces, 'precious');
  const lower = join(workspaces, 'lower');
  for (const path of [precious, lower]) await mkdir(path);
  await writeFile(join(precious, 'file'), 'kept');
  const workspace = join(workspaces, 'busy');
  const { merged } = await mountOverlay({ lower: [lower], workspace });
  await mkdir(join(merged, 'bound'));
  await execa('mount', ['--bind', precious, join(merged, 'bound')]);
  const user = spawn('sleep', ['271815'], { cwd: join(merged, 'bound'), stdio: 'ignore' });
  await once(user, 'spawn');

  await expect(removeTree(workspace)).rejects.toThrow('in use');
  expect(await readdir(workspaces)).toContain('busy');
  user.kill('SIGKILL');
  await once(user, 'exit');
  await removeTree(workspace);
  expect(await readdir(workspaces)).not.toContain('busy');
  expect(await readFile(join(precious, 'file'), 'utf8')).toBe('kept');
});
