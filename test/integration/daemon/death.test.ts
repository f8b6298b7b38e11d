import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isAlive, until } from './helper.ts';

const farm = fileURLToPath(new URL('./farm.ts', import.meta.url));

/** Starts a farm, ends it with `signal`, and gives the pids of its parts and what happened to the stand-in. */
async function startAndEnd(signal: 'SIGKILL' | 'SIGTERM') {
  const child = execa(process.execPath, [farm], { reject: false, buffer: false, stdin: 'ignore' });
  const pids: number[] = [];
  let directory = '';
  for await (const line of child.iterable()) {
    const entry = JSON.parse(line) as { msg: string; pid?: number; directory?: string };
    if (entry.msg === 'part started') pids.push(entry.pid!);
    if (entry.msg === 'farm ready') {
      directory = entry.directory!;
      child.kill(signal);
    }
  }
  const { exitCode } = await child;
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
