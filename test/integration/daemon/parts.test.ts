import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, makeSite, type Site, standIn, startParts, until } from './helper.ts';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

test('starts each when the one before is ready, and stops in reverse', async () => {
  const { daemon, lines } = startParts(site, [standIn(site, 'a'), standIn(site, 'b'), standIn(site, 'c')]);
  await (await daemon).stop();
  expect(await site.events()).toEqual([
    ...['a started', 'a ready', 'b started', 'b ready', 'c started', 'c ready'],
    ...['c SIGTERM', 'c stopped', 'b SIGTERM', 'b stopped', 'a SIGTERM', 'a stopped'],
  ]);
  expect(lines).toEqual(['a: hello from a', 'b: hello from b', 'c: hello from c']);
});

test('starts again what died, and nothing else', async () => {
  const { daemon } = startParts(site, [standIn(site, 'a'), standIn(site, 'b')]);
  const running = await daemon;
  const [first] = await site.pids('a');
  process.kill(first!, 'SIGKILL');
  await until(async () => (await site.pids('a')).length === 2);
  await running.stop();
  expect((await site.events()).filter((event) => event.endsWith('started'))).toEqual([
    'a started',
    'b started',
    'a started',
  ]);
});

test('waits for a part that fails at first before it starts the next', async () => {
  await site.tell('a', 'fail');
  const { daemon } = startParts(site, [standIn(site, 'a'), standIn(site, 'b')]);
  await (await daemon).stop();
  expect((await site.events()).slice(0, 4)).toEqual(['a started', 'a started', 'a ready', 'b started']);
});

test('ends and starts again a part that does not become ready in time', async () => {
  await site.tell('a', 'mute');
  const stop = new AbortController();
  const { daemon } = startParts(site, [standIn(site, 'a', { startWithin: 1000 })], stop.signal);
  await until(async () => (await site.events()).filter((event) => event === 'a started').length >= 2);
  stop.abort();
  await expect(daemon).rejects.toThrow('a was stopped');
  for (const pid of await site.pids('a')) expect(isAlive(pid)).toBe(false);
});

test('a start that is given up stops what was started, asking once', async () => {
  await site.tell('b', 'mute');
  const stop = new AbortController();
  const { daemon } = startParts(site, [standIn(site, 'a'), standIn(site, 'b')], stop.signal);
  await until(async () => (await site.pids('b').catch(() => [])).length === 1);
  stop.abort();
  await expect(daemon).rejects.toThrow('b was stopped');
  const events = await site.events();
  expect(events.slice(-4)).toEqual(['b SIGTERM', 'b stopped', 'a SIGTERM', 'a stopped']);
  expect(events.filter((event) => event === 'b SIGTERM')).toHaveLength(1);
});

test('kills what ignores SIGTERM past its deadline', async () => {
  await site.tell('a', 'stubborn');
  const { daemon } = startParts(site, [standIn(site, 'a', { stopWithin: 200 })]);
  await (await daemon).stop();
  const [pid] = await site.pids('a');
  expect(isAlive(pid!)).toBe(false);
  expect(await site.events()).not.toContain('a stopped');
});

test('gives up when a part refuses its configuration, and stops the others', async () => {
  await site.tell('b', 'config');
  const { daemon } = startParts(site, [standIn(site, 'a'), standIn(site, 'b'), standIn(site, 'c')]);
  await expect(daemon).rejects.toThrow('b refuses its configuration');
  expect(await site.events()).toEqual(['a started', 'a ready', 'b started', 'a SIGTERM', 'a stopped']);
});

test('names a program that does not exist', async () => {
  const stop = new AbortController();
  const missing = { ...standIn(site, 'a'), command: '/nonexistent/program' };
  const { daemon, lines } = startParts(site, [missing], stop.signal);
  await until(() => lines.length > 0);
  stop.abort();
  await expect(daemon).rejects.toThrow('a was stopped');
  expect(lines[0]).toContain('/nonexistent/program');
});

test('refuses a second start on the same state directory, and takes over from a dead one', async () => {
  const lock = join(site.config.paths.state, 'fatbuildrd.lock');
  const running = await startParts(site, [standIn(site, 'a')]).daemon;
  await expect(startParts(site, [standIn(site, 'b')]).daemon).rejects.toThrow(
    `fatbuildrd already runs here as process ${process.pid}`,
  );
  expect(await site.events()).toEqual(['a started', 'a ready']);
  await running.stop();
  // This pid lives, but it is not the process that took the lock.
  await writeFile(lock, `${process.pid} 1\n`);
  await (await startParts(site, [standIn(site, 'c')]).daemon).stop();
  expect(await site.events()).toContain('c stopped');
});
