import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ResultRequest } from '@fatbuildr/domain';
import { makeDeb, putFiles } from '@fatbuildr/testing/deb';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aptClient } from '../registry/apt-client.ts';
import { dnf } from '../registry/dnf-client.ts';
import { repositories, startBothFormats } from './both-formats.ts';
import { storeBlobs } from './packages.ts';
import type { PublisherFarm } from './publisher-farm.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '../../../deploy/gate/try-publication');

interface Recipe {
  name: string;
  needs?: string;
}

const MAKERS = {
  deb: async ({ name, needs }: Recipe) => [
    await makeDeb({ name, version: '1.0-1', control: needs ? `Depends: ${needs}\n` : '' }),
  ],
  rpm: ({ name, needs }: Recipe) =>
    makeRpm({ name, version: '1.0', release: '1', preamble: needs ? [`Requires: ${needs}`] : [] }),
};

let directory: string;
let farm: PublisherFarm;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-gate-'));
  farm = await startBothFormats({ gate: await prepareGate() });
});
afterAll(async () => {
  await farm?.close();
  await rm(directory, { recursive: true, force: true });
});

/** The gate that comes along, with a base system of each format that has `libbase` and nothing else. */
async function prepareGate(): Promise<string> {
  const bases = join(directory, 'bases');
  const dpkg = join(bases, 'deb/bookworm/amd64/var/lib/dpkg');
  await mkdir(dpkg, { recursive: true });
  await writeFile(
    join(dpkg, 'status'),
    'Package: libbase\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\nMaintainer: X <x@example.org>\n' +
      'Description: base\n',
  );
  const root = join(bases, 'rpm/el9/x86_64');
  await mkdir(root, { recursive: true });
  const [file] = (
    await putFiles(join(directory, 'libbase'), await makeRpm({ name: 'libbase', version: '2.36' }))
  ).filter(({ name }) => name.endsWith('.noarch.rpm'));
  await run('rpm', ['--root', root, '--dbpath', '/var/lib/rpm', '--nodeps', '--noscripts', '-i', `${file?.path}`]);
  await copyFile(PROGRAM, join(directory, 'try-publication'));
  const program = join(directory, 'gate');
  // As the user of a publisher, who has no privileges; but what these tests make is for root alone.
  const lines = [
    '#!/bin/sh',
    `chmod 755 ${directory} $FATBUILDR_DIRECTORY/../../..`,
    `export FATBUILDR_GATE_BASES=${bases}`,
    `exec setpriv --reuid=nobody --regid=nogroup --clear-groups ${directory}/try-publication`,
  ];
  await writeFile(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return program;
}

async function publish(format: 'deb' | 'rpm', ...recipes: Recipe[]): Promise<ResultRequest> {
  const built = (await Promise.all(recipes.map((recipe) => MAKERS[format](recipe)))).flat();
  const paths = (await putFiles(farm.within('built'), built)).map(({ path }) => path);
  const files = await storeBlobs(farm.within('state/blobs'), paths);
  const repository = repositories[format];
  return (await farm.api.submit({ kind: 'publish', instance: 'default', repository, derivative: 'main', files })).over;
}

/** What apt or dnf sees, as `name`. */
async function seen(format: 'deb' | 'rpm'): Promise<string[]> {
  if (format === 'rpm') {
    const said = await dnf(
      { paths: { tree: farm.within('registry') } },
      farm.within('dnf'),
      ...['repoquery', '--refresh', '--quiet', '--queryformat', '%{name}'],
    );
    return said.trim().split('\n').filter(Boolean).toSorted();
  }
  const apt = await aptClient(await readFile(farm.within('registry/default/deb/bookworm.sources'), 'utf8'));
  try {
    await apt.update();
    return (await apt.run('apt-cache', 'pkgnames')).trim().split('\n').filter(Boolean).toSorted();
  } finally {
    await apt.remove();
  }
}

describe.each(['deb', 'rpm'] as const)('the gate that comes along, on %s', (format) => {
  test('lets pass what can be installed on the base system', async () => {
    const needs = { deb: 'libbase (>= 2.36)', rpm: 'libbase >= 2.36' }[format];
    expect(await publish(format, { name: 'fine', needs })).toMatchObject({ outcome: 'success', cause: null });
    expect(await seen(format)).toEqual(['fine']);
  });

  test('refuses what cannot, with the words of apt or dnf, and clients see what they saw', async () => {
    const { outcome, cause } = await publish(format, { name: 'broken', needs: 'nowhere' });
    expect(outcome).toBe('publish-failure');
    expect(cause?.message).toMatch(/gate refused the publication.*\nbroken 1\.0-1 of \w+ cannot be installed on /s);
    expect(cause?.message).toMatch(
      { deb: /Depends: nowhere but it is not installable/, rpm: /nothing provides nowhere/ }[format],
    );
    expect(cause?.hint).toContain('Mend the package or the gate');
    expect(await seen(format)).toEqual(['fine']);
  });

  test('takes what the publication itself brings into account', async () => {
    const both = await publish(format, { name: 'broken', needs: 'nowhere' }, { name: 'nowhere' });
    expect(both).toMatchObject({ outcome: 'success', cause: null });
    expect(await seen(format)).toEqual(['broken', 'fine', 'nowhere']);
  });
});
