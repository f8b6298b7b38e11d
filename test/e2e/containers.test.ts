import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INSTANCE } from '@fatbuildr/testing/farm';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './farm.ts';

const IMAGE = 'localhost/fatbuildr-test:latest';
const BASE = 'localhost/fatbuildr-test-base:trixie';
const PROJECT = 'fatbuildrtest';

const podman = join(root, 'scripts/podman');
let directory: string;
let hasCompose = false;

const compose = (...args: string[]) =>
  execa('podman-compose', ['--podman-path', podman, '-p', PROJECT, ...args], {
    cwd: directory,
    reject: false,
    all: true,
  });
const inContainer = (service: string, ...command: string[]) =>
  execa(podman, ['exec', `${PROJECT}_${service}_1`, ...command], { reject: false, all: true });

beforeAll(async () => {
  hasCompose = (await execa('podman-compose', ['version'], { reject: false })).exitCode === 0;
  if (!hasCompose) return;
  await ensureBase();
  await execa(join(root, 'scripts/container-image'), [IMAGE], { env: { ENGINE: podman, BASE } });
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-containers-'));
  await cp(join(root, 'deploy/etc'), join(directory, 'fatbuildr-etc'), { recursive: true });
  await writeFile(join(directory, 'fatbuildr-etc/instances.d/default.yml'), INSTANCE);
  await configure('http://api:8470');
  await compose('up', '--detach', 'redis', 'api', 'publisher');
  // There is no name server among the containers of a podman without its plug-in: the worker gets the address.
  const address = await execa(podman, [
    ...['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', `${PROJECT}_api_1`],
  ]);
  await configure(`http://${address.stdout}:8470`);
  await compose('up', '--detach', '--no-recreate', 'worker');
});

afterAll(async () => {
  if (!hasCompose) return;
  await compose('down', '--volumes');
  for (const network of ['default', 'sealed']) {
    await execa(podman, ['network', 'rm', '--force', `${PROJECT}_${network}`], { reject: false });
  }
  await execa(podman, ['rmi', '--force', IMAGE], { reject: false });
  await rm(directory, { recursive: true });
});

/** The base is kept between runs, as no registry is asked. */
async function ensureBase(): Promise<void> {
  if ((await execa(podman, ['image', 'exists', BASE], { reject: false })).exitCode === 0) return;
  const containerfile = await readFile(join(root, 'deploy/container/Containerfile'), 'utf8');
  const packages = /^ARG PACKAGES="(.+)"$/m.exec(containerfile)?.[1] ?? '';
  const bootstrap = ['--quiet', '--variant=apt', `--include=${packages}`, '--format=tar', 'trixie', '-'];
  await execa('mmdebstrap', bootstrap, { buffer: false, encoding: 'buffer' }).pipe(podman, [
    'import',
    '--quiet',
    '-',
    BASE,
  ]);
}

async function configure(api: string): Promise<void> {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  const changed = text
    .replace('localhost/fatbuildr:latest', IMAGE)
    .replace(/    ports:\n.*\n.*\n/, '')
    .replace('http://api:8470', api);
  await writeFile(join(directory, 'docker-compose.yml'), changed);
  const settings = await readFile(join(root, 'deploy/etc/fatbuildr.yml'), 'utf8');
  await writeFile(join(directory, 'fatbuildr-etc/fatbuildr.yml'), `${settings}\ncontainers: { driver: fake }\n`);
}

test('the farm of docker-compose.yml comes up and publishes, each process with its own user', async ({ skip }) => {
  if (!hasCompose) skip('podman-compose is not installed');
  for (let left = 120; left > 0; left--) {
    const { stdout } = await inContainer('api', 'fatbuildrctl', 'workers', 'list', '--json');
    if (stdout.includes('"online"')) break;
    await sleep(500);
  }
  for (const command of [
    ['keyring', 'create'],
    ['images', 'create'],
    ['images', 'env-create'],
  ]) {
    const { exitCode, all } = await inContainer('api', 'fatbuildrctl', ...command);
    expect({ command, exitCode, all }).toMatchObject({ exitCode: 0 });
  }
  const release = '/var/lib/fatbuildr/registry/default/deb/dists/bookworm/InRelease';
  expect((await inContainer('api', 'cat', release)).stdout).toContain('BEGIN PGP SIGNED MESSAGE');
  expect((await inContainer('publisher', 'id', '-un')).stdout).toBe('fatbuildr-publisher');
  expect((await inContainer('api', 'ls', '/var/lib/fatbuildr/keyrings')).stdout).toBe('');
  expect((await inContainer('worker', 'ls', '/var/lib/fatbuildr/keyrings')).stdout).toBe('');
  expect((await inContainer('publisher', 'touch', '/var/lib/fatbuildr/blobs/x')).exitCode).not.toBe(0);
});
