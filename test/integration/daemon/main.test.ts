import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSite, type Site } from './helper.ts';

const launcher = fileURLToPath(new URL('../../../apps/daemon/bin/fatbuildrd', import.meta.url));

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

function fatbuildrd(...args: string[]) {
  return spawnSync(launcher, args, {
    encoding: 'utf8',
    env: { FATBUILDR_NODE: process.execPath, PATH: '/usr/bin:/bin' },
  });
}

test('--check prints the configuration with its defaults, without passwords', async () => {
  const file = join(site.directory, 'fatbuildr.yml');
  await writeFile(file, 'redis: {url: "redis://me:secret@db:6379"}\n');
  const { status, stdout } = fatbuildrd('--check', '--config', file);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    file,
    api: { listen: { port: 8470 } },
    redis: { url: 'redis://me:***@db:6379' },
  });
});

test('a wrong configuration is listed and ends it with 78', async () => {
  const file = join(site.directory, 'fatbuildr.yml');
  await writeFile(file, 'api: {lisn: 1}\nworker: {slots: many}\n');
  const { status, stderr } = fatbuildrd('--config', file);
  expect(status).toBe(78);
  expect(stderr).toContain(`${file}:1: api.lisn: unknown key, did you mean listen?`);
  expect(stderr).toContain(`${file}:2: worker.slots: found "many", expected a number`);
});

test('a wrong option shows how it is used', () => {
  const { status, stderr } = fatbuildrd('--cofig', 'x');
  expect(status).toBe(1);
  expect(stderr).toContain('Usage: fatbuildrd');
});
