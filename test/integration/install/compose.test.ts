import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Notes what it is asked to do, and says that all went well. */
const PODMAN = `#!/bin/sh
[ "$1" = --version ] && echo 'podman version 4.3.1' && exit
{ for word; do printf '%s\\t' "$word"; done; echo; } >>"$(dirname "$0")/calls"
`;

/** The arguments of each service's container, as podman-compose makes of docker-compose.yml; undefined without it. */
let containers: Map<string, string[]> | undefined;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-compose-'));
  if ((await execa('podman-compose', ['version'], { reject: false })).exitCode !== 0) return;
  const podman = join(directory, 'podman');
  await writeFile(podman, PODMAN);
  await chmod(podman, 0o755);
  const file = ['--podman-path', podman, '-f', join(root, 'docker-compose.yml'), '-p', 'test'];
  await execa('podman-compose', [...file, 'up', '--detach'], { cwd: directory });
  const calls = (await readFile(join(directory, 'calls'), 'utf8')).split('\n').map((line) => line.split('\t'));
  const runs = calls.filter(([verb]) => verb === 'run' || verb === 'create');
  containers = new Map(
    runs.map((words) => [
      words.find((word) => word.startsWith('--name='))?.slice('--name=test_'.length, -2) ?? '',
      words,
    ]),
  );
});
afterAll(() => rm(directory, { recursive: true }));

const volumesOf = (service: string) =>
  (containers?.get(service) ?? []).filter((_, index, words) => words[index - 1] === '-v');

test('podman-compose understands docker-compose.yml', ({ skip }) => {
  if (!containers) skip('podman-compose is not installed');
  expect([...(containers?.keys() ?? [])].sort()).toEqual(['api', 'nginx', 'publisher', 'redis', 'worker']);
  const programs = [...(containers?.values() ?? [])].flat().filter((word) => word.includes('/src/main.ts'));
  expect(programs.map((word) => /apps\/(\w+)\//.exec(word)?.[1])).toEqual(['api', 'publisher', 'worker']);
});

test('keys are mounted for the publisher alone, which only reads blobs', ({ skip }) => {
  if (!containers) skip('podman-compose is not installed');
  const withKeys = [...(containers?.keys() ?? [])].filter((name) =>
    volumesOf(name).some((one) => /keyrings/.test(one)),
  );
  expect(withKeys).toEqual(['publisher']);
  expect(volumesOf('publisher')).toContain('test_blobs:/var/lib/fatbuildr/blobs:ro');
  expect(volumesOf('api')).toContain('test_registry:/var/lib/fatbuildr/registry:ro');
  expect(volumesOf('worker').filter((one) => /blobs|control|registry|publisher/.test(one))).toEqual([]);
  const privileged = [...(containers ?? [])].filter(([, words]) => words.includes('--privileged'));
  expect(privileged.map(([name]) => name)).toEqual(['worker']);
});
