import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ResultRequest } from '@fatbuildr/domain';
import { makeDeb, putFiles } from '@fatbuildr/testing/deb';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aptClient } from '../registry/apt-client.ts';
import { dnf } from '../registry/dnf-client.ts';
import { serve } from '../registry/static-server.ts';
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

/** The gate that comes along, with a base system of each format that has `libbase` and knows where `libfar` is. */
async function prepareGate(): Promise<string> {
  const bases = join(directory, 'bases');
  await makeDebBase(join(bases, 'deb/bookworm/amd64'));
  await makeRpmBase(bases, join(bases, 'rpm/el9/x86_64'));
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

/** As mmdebstrap leaves one; of the archive there are lists alone. */
async function makeDebBase(root: string): Promise<void> {
  const stanza = (name: string, more = '') =>
    `Package: ${name}\n${more}Architecture: amd64\nVersion: 2.36\nMaintainer: X <x@example.org>\nDescription: base\n`;
  const lists = 'var/lib/apt/lists/127.0.0.1:9_debian_dists_bookworm';
  const files = {
    'var/lib/dpkg/status': stanza('libbase', 'Status: install ok installed\n'),
    'etc/apt/sources.list.d/debian.list': 'deb [trusted=yes] http://127.0.0.1:9/debian bookworm main\n',
    [`${lists}_main_binary-amd64_Packages`]: `${stanza('libfar')}Filename: libfar.deb\nSize: 1\nSHA256: ${'a'.repeat(64)}\n`,
    [`${lists}_Release`]: 'Suite: bookworm\nCodename: bookworm\nArchitectures: amd64\nComponents: main\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** As dnf makes one, by a web server that is gone when it is used. */
async function makeRpmBase(home: string, root: string): Promise<void> {
  const repository = join(directory, 'distribution');
  for (const name of ['libbase', 'libfar']) await putFiles(repository, await makeRpm({ name, version: '2.36' }));
  await run('createrepo_c', ['--quiet', '--excludes', '*.src.rpm', repository]);
  const server = await serve(repository);
  try {
    await mkdir(join(root, 'etc/yum.repos.d'), { recursive: true });
    const section = `[distribution]\nname=distribution\nbaseurl=${server.url}/\ngpgcheck=0\n`;
    await writeFile(join(root, 'etc/yum.repos.d/distribution.repo'), section);
    await writeFile(join(home, '.rpmmacros'), '%_dbpath /var/lib/rpm\n');
    const options = ['--assumeyes', '--installroot', root, '--releasever=9', '--forcearch=x86_64'];
    const settings = ['pluginpath=/nonexistent', 'tsflags=noscripts'].map((one) => `--setopt=${one}`);
    await run('dnf', [...options, ...settings, 'install', 'libbase'], { env: { ...process.env, HOME: home } });
  } finally {
    await server.close();
  }
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
  test('lets pass what can be installed on the base system and with what its lists have', async () => {
    const needs = { deb: 'libbase (>= 2.36), libfar', rpm: 'libbase >= 2.36, libfar' }[format];
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
