import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkerOrder } from '@fatbuildr/domain';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildOrder, environmentOrder, imageOrder, limits } from '../../integration/worker/orders.ts';
import { startTestWorker, type TestWorker } from '../../integration/worker/test-worker.ts';
import { cache } from '../kept.ts';
import { mirrorHost } from '../mirror-host.ts';
import { publish } from './signed-repository.ts';
import { type TinyPackage, tinyDefinition } from './tiny-package.ts';

/** Image and environment take minutes to make: kept between runs, and this worker's alone, for two would clear away each other's. */
const kept = join(cache, 'worker');
const workspaces = join(kept, 'workspaces');
let farm: TestWorker;

beforeAll(async () => {
  farm = await startTestWorker({ driver: 'nspawn', slots: 2, kept });
  expectSuccess(await run(imageOrder()));
  expectSuccess(await run(environmentOrder()));
});

afterAll(async () => {
  await farm.stop();
  expect(await readdir(workspaces)).toEqual([]);
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(workspaces);
});

async function run(order: WorkerOrder) {
  const attempt = await farm.api.submit(order);
  await attempt.closed;
  return attempt;
}

async function build(spec: TinyPackage, changes: Parameters<typeof buildOrder>[1] = {}) {
  return buildOrder(await tinyDefinition(farm.api, spec), { artifact: spec.name, ...changes });
}

test('two packages are built side by side, each from definition to files at the api', async () => {
  const names = ['tiny-one', 'tiny-two'];
  const attempts = await Promise.all(names.map(async (name) => run(await build({ name }))));
  for (const [index, attempt] of attempts.entries()) {
    const { result, files, events, log } = attempt;
    const name = names[index];
    expectSuccess(attempt);
    expect(result).toMatchObject({
      build: { source: { name, version: '1.0-1.deb12' } },
    });
    expect([...files.keys()].toSorted()).toEqual([
      `${name}_1.0-1.deb12.debian.tar.xz`,
      `${name}_1.0-1.deb12.dsc`,
      `${name}_1.0-1.deb12_amd64.buildinfo`,
      `${name}_1.0-1.deb12_amd64.changes`,
      `${name}_1.0-1.deb12_amd64.deb`,
      `${name}_1.0.orig.tar.gz`,
    ]);
    const phases = ['sources', 'environment', 'source-package', 'dependencies', 'build', 'collect', 'check'];
    expect(events.filter(({ event }) => event === 'begin').map(({ phase }) => phase)).toEqual(phases);
    for (const { phase, event, logOffset } of events) {
      if (event === 'begin') expect(log.subarray(logOffset).toString()).toMatch(new RegExp(`^\n?==> ${phase}\n`));
    }
    expect(log.toString()).not.toContain('fatbuildr-phase');
    expect(log.toString()).toContain(`--- ${name}_1.0-1.deb12_amd64.deb`);
    expect(log.toString()).toContain('--- lintian');
    const { stdout } = await execa('dpkg-deb', [
      '--field',
      join(farm.api.stored, `${name}_1.0-1.deb12_amd64.deb`),
      'Version',
    ]);
    expect(stdout).toBe('1.0-1.deb12');
  }
});

test('cowbuilder builds the same package on a copy of its own, and leaves none', async () => {
  const order = await build({ name: 'tiny-cow' });
  const attempt = await run({ ...order, target: { ...order.target, builder: 'cowbuilder' } });
  expectSuccess(attempt);
  const { stdout } = await execa('find', [join(kept, 'environments'), '-path', '*/copies/*', '-maxdepth', '6']);
  expect(stdout).toBe('');
});

test('only the first architecture hands in the source package', async () => {
  const attempt = await run(await build({ name: 'tiny-other' }, { primary: false }));
  expectSuccess(attempt);
  expect([...attempt.files.keys()].filter((name) => /\.dsc$|\.tar\./.test(name))).toEqual([]);
});

test('a failing build names its first error', async () => {
  const attempt = await run(
    await build({ name: 'tiny-fail', build: ['echo "#include <nowhere.h>" > a.c', 'cc -c a.c'] }),
  );
  expect(attempt.result).toMatchObject({
    outcome: 'build-failure',
    cause: { message: expect.stringContaining('fatal error: nowhere.h: No such file or directory') },
  });
});

test('a dependency that does not exist is named', async () => {
  const attempt = await run(await build({ name: 'tiny-deps', buildDepends: 'libnowhere-dev (>= 2), make' }));
  expect(attempt.result).toMatchObject({
    outcome: 'dependency-failure',
    cause: { message: expect.stringContaining('libnowhere-dev') },
  });
});

test('what the farm has published is installed, and what its maintainer script writes does not persist', async () => {
  const library = await run(
    await build({ name: 'tiny-library', files: { 'deb/tiny-library.postinst': '#!/bin/sh\ntouch /etc/was-here\n' } }),
  );
  expectSuccess(library);
  const farmRepository = await publish(farm.api, ['tiny-library_1.0-1.deb12_amd64.deb']);
  const user = await run(
    await build(
      { name: 'tiny-user', buildDepends: 'tiny-library', build: ['test -e /etc/was-here'] },
      { farm: farmRepository },
    ),
  );
  expectSuccess(user);
  expectSuccess(await run(await build({ name: 'tiny-next', build: ['test ! -e /etc/was-here'] })));
});

test('the build has no network: neither a link nor the proxy nor names', async () => {
  const attempt = await run(
    await build({
      name: 'tiny-network',
      build: [
        'test "$$(ls /sys/class/net)" = lo || { ls /sys/class/net; exit 1; }',
        '! (echo > /dev/tcp/127.0.0.1/3128)',
        `! getent hosts ${await mirrorHost()}`,
        'test -z "$$http_proxy"',
      ],
    }),
  );
  expectSuccess(attempt);
});

test('a build that hangs, ignores SIGTERM and leaves a daemon behind is gone at its deadline', async () => {
  const hang = ["trap '' TERM; (setsid sleep 4711 &) ; while :; do sleep 4711; done"];
  const attempt = await run(await build({ name: 'tiny-hang', build: hang }, { limits: { ...limits, wallMs: 15_000 } }));
  expect(attempt.result?.outcome).toBe('timeout');
  expect(await running('sleep 4711')).toBe(false);
});

test.for([
  [
    'memory',
    { memoryBytes: 300 * 2 ** 20 },
    'perl -e \'$$x = "a" x 600_000_000\'',
    'It used more than 300 MiB of memory.',
  ],
  [
    'disk',
    { diskBytes: 400 * 2 ** 20 },
    'head -c 600000000 /dev/zero > big; sleep 60',
    'It used more than 400 MiB of disk.',
  ],
] as const)(
  'a build that takes too much %s is stopped by its limit, and its cause says so',
  async ([what, limit, line, message]) => {
    const attempt = await run(
      await build({ name: `tiny-${what}`, build: [line] }, { limits: { ...limits, ...limit } }),
    );
    expect(attempt.result).toMatchObject({ outcome: 'build-failure', cause: { message } });
    expect(attempt.log.toString()).toContain(`==> build-failure: ${message}`);
  },
);

test('a build that was taken away is gone soon, with its network and mounts', async () => {
  const attempt = await farm.api.submit(await build({ name: 'tiny-away', build: ['sleep 4712'] }));
  await vi.waitFor(() => expect(attempt.log.toString()).toContain('sleep 4712'), { timeout: 60_000 });
  farm.api.takeAway(attempt);
  const workspace = join(workspaces, attempt.id);
  await vi.waitFor(() => expect(existsSync(workspace)).toBe(false), { timeout: 20_000, interval: 100 });
  expect(await running('sleep 4712')).toBe(false);
  expect(existsSync(`/run/netns/fatbuildr-${attempt.id}`)).toBe(false);
  expect(attempt.result).toBeUndefined();
});

/** Shows the log of what should have gone well. */
function expectSuccess({ result, log }: Awaited<ReturnType<typeof run>>): void {
  if (result?.outcome !== 'success') throw new Error(`${JSON.stringify(result)}\n${log.toString()}`);
}

async function running(command: string): Promise<boolean> {
  return !(await execa('pgrep', ['--full', '--exact', command], { reject: false })).failed;
}
