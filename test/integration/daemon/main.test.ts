import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSite, type Site } from './helper.ts';

const launcher = fileURLToPath(new URL('../../../apps/daemon/bin/fatbuildrd', import.meta.url));

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

function fatbuildrd(...args: string[]) {
  return execa(launcher, args, { reject: false, env: { FATBUILDR_NODE: process.execPath } });
}

test('--check prints the configuration with its defaults, without passwords', async () => {
  const file = join(site.directory, 'fatbuildr.yml');
  await writeFile(file, 'redis: {url: "redis://me:secret@db:6379"}\n');
  const { exitCode, stdout } = await fatbuildrd('--check', '--config', file);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    file,
    api: { listen: { port: 8470 } },
    redis: { url: 'redis://me:***@db:6379' },
  });
});

test('a wrong configuration is listed and ends it with 78', async () => {
  const file = join(site.directory, 'fatbuildr.yml');
  await writeFile(file, 'api: {lisn: 1}\nworker: {slots: many}\n');
  const { exitCode, stderr } = await fatbuildrd('--config', file);
  expect(exitCode).toBe(78);
  expect(stderr).toContain(`${file}:1: api.lisn: unknown key, did you mean listen?`);
  expect(stderr).toContain(`${file}:2: worker.slots: found "many", expected a whole number`);
});

test('a wrong option shows how it is used', async () => {
  const { exitCode, stderr } = await fatbuildrd('--cofig', 'x');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('Usage: fatbuildrd');
});
