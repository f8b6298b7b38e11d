import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_PREFIX } from '@fatbuildr/domain/client-side';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ANSWERS: Record<string, unknown> = {
  '/instances': { instances: [{ id: 'default', formats: {}, keyExpires: null }] },
  '/tasks': { tasks: [], next: null },
};

let directory: string;
let server: Server;
let answer: (path: string) => unknown;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildrctl-'));
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname.slice(API_PREFIX.length);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(path)));
  });
  await new Promise<void>((resolve) => server.listen(join(directory, 'api.sock'), resolve));
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

function fatbuildrctl(words: readonly string[], env: Record<string, string> = {}) {
  return execa(join(import.meta.dirname, '../bin/fatbuildrctl'), words, {
    reject: false,
    env: {
      FATBUILDR_URI: `unix://${directory}/api.sock`,
      FATBUILDR_NODE: process.execPath,
      XDG_CONFIG_HOME: directory,
      XDG_CACHE_HOME: directory,
      ...env,
    },
  });
}

test('a command loads itself and what it needs, no other command, no schemas, no fetch', async () => {
  answer = (path) => ANSWERS[path];
  const coverage = join(directory, 'coverage');
  const { stdout } = await fatbuildrctl(['list'], { NODE_V8_COVERAGE: coverage });
  expect(stdout).toBe('Nothing that fits is running or queued.');
  const [report = ''] = await readdir(coverage);
  const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8')) as { result: { url: string }[] };
  const loaded = result.map(({ url }) => url);
  expect(loaded.filter((url) => url.includes('/commands/'))).toEqual([expect.stringMatching(/commands\/list\.ts$/)]);
  expect(loaded.filter((url) => /\/zod\/|undici|libs\/domain\/src\/(index|routes)/.test(url))).toEqual([]);
  expect(loaded.filter((url) => url.startsWith('file:')).length).toBeLessThan(120);
});

test('help knows every command, and each is called by one word or two', async () => {
  const help = (
    await Promise.all([['--help'], ['workers'], ['workers', 'add', '--help']].map((one) => fatbuildrctl(one)))
  ).map(({ stdout, exitCode }) => ({ stdout, exitCode }));
  expect(help.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(help[0]?.stdout).toMatch(/TOPICS[^]*workers {3}Build hosts[^]*COMMANDS[^]*build +Build a package/);
  expect(help[1]?.stdout).toMatch(/workers drain/);
  expect(help[2]?.stdout).toMatch(/\$ fatbuildrctl workers add NAME/);
});

test('words that call nothing, and options that are none, are usage errors', async () => {
  for (const [words, said] of [
    [['nothing'], 'Command nothing not found'],
    [['list', '--nothing'], 'Nonexistent flag: --nothing'],
    [['list', 'nothing'], 'Unexpected argument: nothing'],
    [['show'], 'Missing 1 required arg'],
  ] as const) {
    const { exitCode, stderr } = await fatbuildrctl(words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(said) });
  }
});

test('a file that is to be written elsewhere is refused', async () => {
  const file = { name: '../escaped', sha256: '0'.repeat(64), size: 1, url: '' };
  answer = () => ({ id: 'a', artifacts: [file] });
  const { exitCode, stderr } = await fatbuildrctl(['download', 'a', '--output', directory]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('not a plain name') });
});

test('what answers otherwise is no Fatbuildr server', async () => {
  answer = () => 'hello';
  expect((await fatbuildrctl(['list'])).exitCode).toBe(6);
});
