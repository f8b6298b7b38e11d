import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BuildRpmOrder, RpmEnvironmentRecipe, WorkerOrder } from '@fatbuildr/domain';
import { makeTar } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../integration/worker/orders.ts';
import { startTestWorker, type TestWorker } from '../../integration/worker/test-worker.ts';
import { until } from '../farm.ts';
import { cache } from '../kept.ts';
import { mistakes, rpmFiles, type TinyRpm, upstreamFiles } from './cases.ts';
import { serveRpmDistribution } from './distribution.ts';
import { holdMockImage, mockImage, noMockImage } from './mock-image.ts';

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
let farm: TestWorker;
let recipe: RpmEnvironmentRecipe;
let repository: Awaited<ReturnType<typeof serveRpmDistribution>> | undefined;

beforeAll(async () => {
  if (mockImage === undefined) return;
  repository = await serveRpmDistribution(cache);
  farm = await startTestWorker({ driver: 'nspawn' });
  await holdMockImage(mockImage, farm.state);
  recipe = {
    ...{ instance: 'default', format: 'rpm', name: 'el9', architecture, builder: null, mock: null },
    ...{
      repositories: [{ id: 'tiny', baseurl: repository.url }],
      releasever: '9',
      dbpath: '/var/lib/rpm',
      modules: [],
    },
  };
  const made = await run({ kind: 'environment', operation: 'create', recipe, force: false, limits });
  expect({ ...made.result, log: made.log.toString() }).toMatchObject({ outcome: 'success' });
});

afterAll(async () => {
  if (mockImage === undefined) return;
  const workspaces = join(farm.cache, 'workspaces');
  await until(async () => (await readdir(workspaces)).length === 0, 30_000);
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(workspaces);
  await farm.stop();
  await repository?.close();
});

async function run(order: WorkerOrder) {
  const attempt = await farm.api.submit(order);
  await attempt.closed;
  return attempt;
}

async function build(tiny: TinyRpm, files: Record<string, string> = {}) {
  const upstream = await farm.api.addText(`${tiny.name}-1.0.tar.gz`, gzipSync(await makeTar(upstreamFiles(tiny))));
  const definition = { ...rpmFiles(tiny, upstream.sha256), ...files };
  const archive = await farm.api.addText(`${tiny.name}.tar`, await makeTar(definition));
  return submit(tiny.name, { kind: 'definition', archive, sources: [{ id: tiny.name, file: upstream }] });
}

function submit(artifact: string, source: BuildRpmOrder['source'], tag = 'el9') {
  const order: BuildRpmOrder = {
    ...{ kind: 'build-rpm', instance: 'default', artifact, architecture, primary: true, derivative: 'main', source },
    target: { distribution: 'el9', tag, environment: 'el9', builder: 'mock' },
    submitter: { name: 'Jane Doe', email: 'jane@fatbuildr.invalid' },
    ...{ recipe, message: 'A build by mock', submitted: 1_700_000_000_000 },
    ...{ farm: null, allowPrivateSources: false, limits },
  };
  return run(order);
}

describe('mock', () => {
  test('builds a package, with dependencies told by the build, its phases and without network', async (context) => {
    context.skip(mockImage === undefined, noMockImage);
    const attempt = await build({
      name: 'tiny',
      preamble: '%bcond_with extra\nBuildRequires: greeting-data >= 1.5',
      buildargs: '--with extra',
      sections: '%generate_buildrequires\necho dynamic-helper\n',
      build: 'cat /usr/share/*/version\necho extra %{with extra}\ncat /proc/net/dev',
    });
    const log = attempt.log.toString();
    expect(attempt.result).toMatchObject({
      outcome: 'success',
      build: { source: { name: 'tiny', version: '1.0-1.el9' } },
    });
    expect(
      [...attempt.files.keys()].map((name) => name.replace(/\.(x86_64|aarch64)\./, '.native.')).toSorted(),
    ).toEqual(['tiny-1.0-1.el9.native.rpm', 'tiny-1.0-1.el9.src.rpm']);
    const phases = ['sources', 'environment', 'source-package', 'dependencies', 'build', 'collect', 'check'];
    expect(attempt.events.filter(({ event }) => event === 'begin').map(({ phase }) => phase)).toEqual(phases);
    expect(log).toMatch(/^1\.0\n2\.0\n/m);
    expect(log).toContain('\nextra 1\n');
    const interfaces = [...log.matchAll(/^ *(\w+): +\d+ +\d+/gm)].map(([, name]) => name);
    expect(interfaces).toEqual(['lo']);
  });

  test('makes a source package anew for a distribution, or tells what is wrong with it there', async (context) => {
    context.skip(mockImage === undefined, noMockImage);
    const elsewhere = '%if "%{?dist}" == ".el10"\nLizenz: MIT\n%endif';
    const { files } = await build({ name: 'moved', release: '1%{?dist}', preamble: elsewhere });
    const name = [...files.keys()].find((file) => file.endsWith('.src.rpm')) ?? '';
    const srpm = await farm.api.addFile(join(farm.api.stored, name));
    const { result } = await submit('moved', { kind: 'srpm', srpm }, 'el9b');
    expect(result).toMatchObject({ outcome: 'success', build: { source: { name: 'moved', version: '1.0-1.el9b' } } });
    expect((await submit('moved', { kind: 'srpm', srpm }, 'el10')).result).toMatchObject({
      outcome: 'rejected',
      cause: {
        message: expect.stringMatching(/moved\S+\.src\.rpm cannot be made anew .*: line \d+ .*Unknown tag: Lizenz/),
      },
    });
  });

  test.for(mistakes)('tells what is wrong with a spec file that $what', async (mistake, context) => {
    context.skip(mockImage === undefined, noMockImage);
    const { outcome, told, files, what: _, ...tiny } = mistake;
    const { result } = await build({ name: 'sample', ...tiny }, files);
    expect(result).toMatchObject({ outcome });
    const { message = '', hint = '', where = '' } = result?.cause ?? {};
    for (const text of told) expect(`${where} ${message}\n${hint}`).toMatch(text);
  });
});
