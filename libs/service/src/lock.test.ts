import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Lock, startLocked, takeLock } from './lock.ts';

let directory: string;
let lock: Lock;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-lock-'));
  lock = { file: join(directory, 'below', 'x.lock'), holder: 'A worker', setting: 'paths.state' };
});
afterEach(() => rm(directory, { recursive: true }));

const hint = /^A worker already runs here as process \d+ .*Stop it first, or use another paths\.state\.$/;

test('a lock is held by one, until it is released', async () => {
  const release = await takeLock(lock);
  await expect(takeLock(lock)).rejects.toThrow(hint);
  await release();
  await (await takeLock(lock))();
  expect(await readdir(join(directory, 'below'))).toEqual([]);
});

test('the lock of a process that died is taken over, also while it is a zombie', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const pid = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    const stat = () => readFile(`/proc/${pid}/stat`, 'utf8');
    await vi.waitFor(async () => expect(await stat()).toContain(') Z '));
    const release = await takeLock(lock);
    await writeFile(lock.file, `${pid} ${(await stat()).split(') ')[1]?.split(' ')[19]}\n`);
    await release();
    await (await takeLock(lock))();
  } finally {
    parent.kill();
  }
});

test('a service holds it while it runs, and lets go when it could not be started', async () => {
  const broken = async () => Promise.reject(new Error('no'));
  await expect(startLocked(lock, broken)).rejects.toThrow('no');
  const running = await startLocked(lock, async () => ({ stop: async () => {}, url: 'here' }));
  expect(running.url).toBe('here');
  await expect(startLocked(lock, broken)).rejects.toThrow(hint);
  await running.stop();
  await expect(startLocked(lock, broken)).rejects.toThrow('no');
});
