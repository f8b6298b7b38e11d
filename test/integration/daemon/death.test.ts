import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isAlive, until } from './helper.ts';

const farm = fileURLToPath(new URL('./farm.ts', import.meta.url));

/** Starts a farm, ends it with `signal`, and gives the pids of its parts and what happened to the stand-in. */
async function startAndEnd(signal: 'SIGKILL' | 'SIGTERM') {
  const child = spawn(process.execPath, [farm], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const pids: number[] = [];
  let directory = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg: string; pid?: number; directory?: string };
    if (entry.msg === 'part started') pids.push(entry.pid!);
    if (entry.msg === 'farm ready') {
      directory = entry.directory!;
      child.kill(signal);
    }
  }
  const [exitCode] = await exit;
  await until(() => pids.every((pid) => !isAlive(pid)));
  const events = await readFile(`${directory}/events`, 'utf8');
  await rm(directory, { recursive: true });
  return { exitCode, pids, events: events.trim().split('\n') };
}

test('SIGTERM stops everything gracefully', async () => {
  const { exitCode, pids, events } = await startAndEnd('SIGTERM');
  expect(exitCode).toBe(0);
  expect(pids).toHaveLength(2);
  expect(events).toEqual(['a started', 'a ready', 'a SIGTERM', 'a stopped']);
});

test('nothing outlives a fatbuildrd that is killed', async () => {
  const { pids, events } = await startAndEnd('SIGKILL');
  expect(pids).toHaveLength(2);
  expect(events).toEqual(['a started', 'a ready', 'a orphaned']);
});
