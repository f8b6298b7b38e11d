import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'vitest';
import { isInstalled, startWebServer } from '../integration/proxy/web-server.ts';
import { expectNoFailure, race } from '../integration/race/race.ts';
import { expectNoFailedUpdate } from '../integration/race/whole-farm.ts';
import { type FileServer, serve } from '../integration/registry/static-server.ts';

const [SECONDS, CLIENTS] = [150, 4];
const LEAST = { publications: 10, collected: 3, seen: 20, seenAtOnce: 50 };

/** The sample configuration, before an api that is nothing but alive. */
async function nginx(tree: string): Promise<FileServer> {
  const directory = await mkdtemp(join(tmpdir(), 'fatbuildr-nginx-'));
  await writeFile(join(directory, 'livez'), 'alive');
  await mkdir(tree, { recursive: true });
  // It is another user, as it is where it is installed.
  for (const path of [directory, dirname(tree), tree]) await chmod(path, 0o755);
  const api = await serve(directory);
  const apiPort = Number(new URL(api.url).port);
  const server = await startWebServer('nginx', { directory: join(directory, 'nginx'), apiPort, registry: tree });
  return {
    url: server.url,
    async close() {
      await server.stop();
      await api.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.each([
  ['a server of files', serve],
  ['nginx', nginx],
] as const)('over %s', (name, server) => {
  test.each(['deb', 'rpm'] as const)('no client of %s fails', async (format) => {
    if (name === 'nginx' && !(await isInstalled('nginx')))
      throw new Error('install nginx: apt-get install nginx-light');
    const options = { seconds: SECONDS, graceMs: 30_000, clients: CLIENTS, singleTriers: CLIENTS };
    expectNoFailure(await race({ format, server, ...options }), LEAST);
  });
});

test('200 times apt-get update while 60 publications are made: none fails', () =>
  expectNoFailedUpdate({ publications: 60, updates: 200 }));
