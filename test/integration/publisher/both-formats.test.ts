import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PublisherOrder, RepositoryTarget, ResultRequest } from '@fatbuildr/domain';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptClient, aptClient } from '../registry/apt-client.ts';
import { dnf } from '../registry/dnf-client.ts';
import { done as farmDone, repositories, startBothFormats } from './both-formats.ts';
import { makeDeb, storeBlobs } from './packages.ts';
import type { PublisherFarm } from './publisher-farm.ts';

const run = promisify(execFile);

let farm: PublisherFarm;
let apt: AptClient;
let root: string;

beforeAll(async () => {
  farm = await startBothFormats();
  for (const version of ['1.0', '2.0']) await publish(version);
  apt = await aptClient(await readFile(farm.within('registry/default/deb/bookworm.sources'), 'utf8'));
  root = await mkdtemp(farm.within('dnf-'));
}, 120_000);
afterAll(async () => {
  await apt?.remove();
  await farm?.close();
});

const done = (order: PublisherOrder) => farmDone(farm, order);

/** The same version of hello in both formats, side by side. */
async function publish(version: string): Promise<void> {
  const rpms = await Promise.all(
    (await makeRpm({ name: 'hello', version })).map(async ({ name, content }) => {
      const path = farm.within(`built/${name}`);
      await writeFile(path, content);
      return path;
    }),
  );
  const built = { deb: [await makeDeb(farm.within('built'), 'hello', version)], rpm: rpms };
  await Promise.all(
    (['deb', 'rpm'] as const).map(async (format) => {
      const files = await storeBlobs(farm.within('state/blobs'), built[format]);
      const repository = repositories[format];
      return done({ kind: 'publish', instance: 'default', repository, derivative: 'main', files });
    }),
  );
}

/** Does the same to both repositories. */
async function both(order: (repository: RepositoryTarget) => PublisherOrder): Promise<ResultRequest[]> {
  return Promise.all(Object.values(repositories).map((repository) => done(order(repository))));
}

const client = () => ({ paths: { tree: farm.within('registry') } });

/** What apt and dnf, which check every signature, see of hello: `main 1.0`. */
async function seen(): Promise<string[]> {
  await apt.update();
  const policy = await apt.run('apt-cache', 'madison', 'hello');
  const debs = [...policy.matchAll(/hello \|\s+(\S+) \| \S+ bookworm\/(\S+) amd64 Packages/g)];
  const format = ['--queryformat', '%{repoid} %{version}\n'];
  const said = await dnf(client(), root, 'repoquery', '--refresh', '--quiet', '--showduplicates', ...format, 'hello');
  const rpms = [...said.matchAll(/^default-el9-(\w+) (\S+)$/gm)];
  const words = (pairs: string[]) => [...new Set(pairs)].toSorted();
  const fromApt = words(debs.map(([, version, derivative]) => `${derivative} ${version}`));
  const fromDnf = words(rpms.map(([, derivative, version]) => `${derivative} ${version}`));
  expect(fromDnf).toEqual(fromApt);
  return fromApt;
}

test('apt and dnf see what was published, and dnf installs it with both checks', async () => {
  expect(await seen()).toEqual(['main 1.0', 'main 2.0']);
  const repo = await readFile(farm.within('registry/default/rpm/el9.repo'), 'utf8');
  expect(repo).toMatch(/^gpgcheck=1\nrepo_gpgcheck=1$/m);
  await dnf(client(), root, 'install', 'hello-1.0');
  const query = ['--root', join(root, 'root'), '-q', '--qf', '%{version} %{rsaheader:pgpsig}', 'hello'];
  const { stdout } = await run('rpm', query, { env: { ...process.env, HOME: root } });
  expect(stdout).toMatch(/^1\.0 RSA\/SHA\d+, /);
});

test('a dry run tells what would go; a delete takes it from both', async () => {
  const order = (dryRun: boolean) => (repository: RepositoryTarget) => ({
    ...{ kind: 'registry-delete' as const, instance: 'default', repository, derivative: 'main', dryRun },
    selector: { artifact: 'hello', version: repository.format === 'deb' ? '2.0' : '2.0-1' },
  });
  const [deb, rpm] = await both(order(true));
  expect(deb?.publication?.preview?.removed).toMatchObject([{ name: 'hello', version: '2.0', architecture: 'amd64' }]);
  expect(rpm?.publication?.preview?.removed.map(({ architecture }) => architecture).toSorted()).toEqual([
    'noarch',
    'src',
  ]);
  expect(await seen()).toEqual(['main 1.0', 'main 2.0']);
  await both(order(false));
  expect(await seen()).toEqual(['main 1.0']);
});

test('what is promoted is the same file in another derivative', async () => {
  await both((repository) => ({
    ...{ kind: 'registry-promote', instance: 'default', repository, derivative: 'extra', selectors: [], dryRun: false },
    from: { distribution: repository.distribution, derivative: 'main', revision: null },
  }));
  expect(await seen()).toEqual(['extra 1.0', 'main 1.0']);
  const added = farm.api.told.filter(({ revision }) => revision === 5).flatMap((part) => part.added);
  const before = farm.api.told.filter(({ revision }) => revision === 2).flatMap((part) => part.added);
  const digests = (all: typeof added) => all.map(({ sha256 }) => sha256).toSorted();
  expect(digests(added)).toEqual(digests(before));
});

test('a rollback brings back what was there, in a publication that is newer', async () => {
  const results = await both((repository) => ({
    ...{ kind: 'registry-rollback', instance: 'default', repository, revision: 3, dryRun: false },
  }));
  expect(results.flatMap(({ publication }) => publication?.publications ?? [])).toMatchObject([
    { revision: 6 },
    { revision: 6 },
  ]);
  expect(await seen()).toEqual(['main 1.0', 'main 2.0']);
  await dnf(client(), root, 'upgrade', 'hello');
  const { stdout } = await run('rpm', ['--root', join(root, 'root'), '-q', '--qf', '%{version}', 'hello'], {
    env: { ...process.env, HOME: root },
  });
  expect(stdout).toBe('2.0');
});
