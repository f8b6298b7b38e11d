import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Vitest's global setup: a podman service of its own for this run, which testcontainers reaches through `DOCKER_HOST`.
 * Tests that need no container run without podman too; `startRedis` then says what is missing.
 */
export default async function startPodmanService(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fatbuildr-podman-'));
  const socket = path.join(folder, 'podman.sock');
  // Its own log speaks of every reader that hangs up; what matters reaches the caller through the API.
  // It never ends for being idle, but it does when the test run is killed before its teardown.
  const command = ['podman', '--log-level=fatal', 'system', 'service', '--time=0', `unix://${socket}`];
  const service = spawn('setpriv', ['--pdeathsig=TERM', ...command], {
    env: { ...process.env, CONTAINERS_CONF: path.join(import.meta.dirname, 'containers.conf') },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(service, 'exit').catch((error: unknown) => error);
  for (let waited = 0; waited < 100 && !existsSync(socket); waited++) await Promise.race([sleep(100), ended]);
  process.env.DOCKER_HOST = `unix://${socket}`;
  // Its image would have to be pulled from a registry; each test removes its own containers.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  return async () => {
    service.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}
