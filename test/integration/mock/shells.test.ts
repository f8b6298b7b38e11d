import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { archName, type Task } from '@fatbuildr/domain';
import { BUILD_PACKAGES } from '@fatbuildr/formats';
import { makeTar } from '@fatbuildr/testing/deb';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { hostArchitecture } from '@fatbuildr/worker/src/host/architectures.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../e2e/farm.ts';
import { cache } from '../../e2e/kept.ts';
import { rpmFiles, type TinyRpm, upstreamFiles } from '../../e2e/rpm/cases.ts';
import { serveRpmDistribution } from '../../e2e/rpm/distribution.ts';
import { holdMockImage, mockImage, noMockImage } from '../../e2e/rpm/mock-image.ts';
import { attach, attemptOf, leftOf, type Person } from '../terminal/support.ts';

const architecture = hostArchitecture();
const native = archName(architecture, 'rpm');
const params = { instance: 'default' };
const format = 'rpm';

/** `el9` names its repositories, `named` a configuration that mock comes with. */
const instance = (url: string) => `name: Farm with mock
gpg: { name: Farm with mock, email: mock@fatbuildr.invalid }
architectures: [${architecture}]
formats:
  rpm:
    - { name: el9, tag: el9, builder: mock, releasever: 9, repositories: [{ id: tiny, baseurl: '${url}' }] }
    - { name: named, tag: el9n, builder: mock, mock: tiny-9 }
`;

const namedConfiguration = (url: string) => `config_opts['root'] = 'tiny-9'
config_opts['target_arch'] = '${native}'
config_opts['legal_host_arches'] = ('${native}',)
config_opts['chroot_setup_cmd'] = 'install ${BUILD_PACKAGES.join(' ')}'
config_opts['releasever'] = '9'
config_opts['dnf.conf'] = """
[main]
assumeyes=1

[tiny-{{ releasever }}]
name=Tiny
baseurl=${url}
gpgcheck=0
"""
`;

let redis: TestRedis | undefined;
let repository: Awaited<ReturnType<typeof serveRpmDistribution>> | undefined;
let farm: Farm;
let token: string;

beforeAll(async () => {
  const image = mockImage;
  if (image === undefined) return;
  redis = await startRedis();
  repository = await serveRpmDistribution(cache);
  const { url } = repository;
  const configure = (root: string) => writeFile(join(root, 'etc/mock/tiny-9.cfg'), namedConfiguration(url));
  farm = await startFarm({
    redis: redis.url,
    instances: { default: instance(url) },
    settings: 'limits: { shell: 2m, shellSilence: 1m }',
    containers: { prepare: ({ paths }) => holdMockImage(image, paths.state, configure) },
  });
  await succeeds(await farm.client.createKeyring({ params, body: {} }));
  await succeeds(await farm.client.environmentOperation({ params, body: { operation: 'create' } }));
  ({ token } = await farm.client.createToken({ body: { name: 'ada', actions: ['admin', 'images', 'view', 'build'] } }));
});

afterAll(async () => {
  await farm?.stop();
  await repository?.close();
  await redis?.stop();
});

async function succeeds(task: Task): Promise<void> {
  expect(await farm.ended(task)).toMatchObject({ outcome: 'success' });
}

async function submit(tiny: TinyRpm, distribution: string, interactive = false): Promise<Task> {
  const upload = (name: string, content: Buffer) =>
    farm.client.uploadFile({
      name,
      size: content.length,
      read: async (start, end) => new Uint8Array(content.subarray(start, end)),
    });
  const upstream = await upload(`${tiny.name}-1.0.tar.gz`, gzipSync(await makeTar(upstreamFiles(tiny))));
  const archive = await upload(`${tiny.name}.tar`, await makeTar(rpmFiles(tiny, upstream.sha256)));
  return farm.client.build({
    params,
    body: {
      format,
      artifact: tiny.name,
      distribution,
      source: { kind: 'definition', archive, sources: [{ id: tiny.name, file: upstream }] },
      submitter: { name: 'Ann Packager', email: 'ann@fatbuildr.invalid' },
      message: 'a change',
      interactive,
    },
  });
}

/** Somebody in the shell of a task, once that waits. */
async function inShell(task: Task): Promise<Person> {
  await until(async () => {
    const { jobs } = await farm.client.task({ params: { task: task.id } });
    return jobs.some(({ attempts }) => attempts.at(-1)?.phases.some(({ name }) => name === 'shell'));
  }, 60_000);
  const person = attach(farm.url, token, await attemptOf(farm.client, task));
  await person.sees('# ');
  return person;
}

async function nothingIsLeft(task: Task): Promise<void> {
  const attempt = await attemptOf(farm.client, task);
  await until(async () => (await leftOf(attempt)).length === 0, 30_000);
}

const INSTALL = 'dnf install dynamic-helper && cat /usr/share/dynamic-helper/version; echo end\n';
const INSTALLED = '\r\n1.0\r\nend\r\n';

describe.each(['el9', 'named'])('the environment of mock for %s', (distribution) => {
  test('what a failed build left can be looked into, without network', async (context) => {
    context.skip(mockImage === undefined, noMockImage);
    const tiny = { name: 'half', preamble: 'BuildRequires: greeting-data', build: 'echo half > half-made; exit 3' };
    const task = await submit(tiny, distribution, true);
    const ada = await inShell(task);
    ada.type('pwd; cat $(find BUILD -name half-made); rpm -q greeting-data; tail -n +3 /proc/net/dev | cut -d: -f1\n');
    await ada.sees('/builddir/build\r\nhalf\r\ngreeting-data-2.0-');
    await ada.sees('\r\n    lo\r\n');
    ada.type('exit 4\n');
    expect(await ada.closed).toBe(1000);
    expect(await farm.ended(task)).toMatchObject({ outcome: 'build-failure' });
    await nothingIsLeft(task);
  });

  test('where dependencies are not met, a shell has the dnf that looks for them', async (context) => {
    context.skip(mockImage === undefined, noMockImage);
    const task = await submit({ name: 'wants', preamble: 'BuildRequires: nonexistent-devel' }, distribution, true);
    const ada = await inShell(task);
    ada.type(`ls SPECS; ${INSTALL}`);
    await ada.sees('wants.spec\r\n');
    await ada.sees(INSTALLED);
    ada.type('exit\n');
    expect(await ada.closed).toBe(1000);
    expect(await farm.ended(task)).toMatchObject({
      outcome: 'dependency-failure',
      cause: { message: expect.stringContaining('nonexistent-devel') },
    });
    await nothingIsLeft(task);
  });

  test('runs commands and shells in the root that mock made; what the farm published installs there', async (context) => {
    context.skip(mockImage === undefined, noMockImage);
    await succeeds(await submit({ name: 'own', build: 'echo own-word > payload/word' }, distribution));
    const command = ['sh', '-c', 'command -v rpmbuild'];
    await succeeds(await farm.client.exec({ params, body: { format, distribution, command } }));
    const task = await farm.client.shell({ params, body: { format, distribution } });
    const ada = await inShell(task);
    ada.type(INSTALL);
    await ada.sees(INSTALLED);
    ada.type('dnf install own && cat /usr/share/own/word; ls -d /builddir; exit\n');
    await ada.sees('\r\nown-word\r\n/builddir\r\n');
    expect(await farm.ended(task)).toMatchObject({ outcome: 'success' });
    await nothingIsLeft(task);
  });
});

test('a shell in a tool image with mock has it', async (context) => {
  context.skip(mockImage === undefined, noMockImage);
  const task = await farm.client.shell({ params, body: { format } });
  const ada = await inShell(task);
  ada.type('command -v mock; ls /etc/mock/tiny-9.cfg; exit\n');
  await ada.sees('/usr/bin/mock\r\n/etc/mock/tiny-9.cfg\r\n');
  expect(await farm.ended(task)).toMatchObject({ outcome: 'success' });
});
