import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyringOrder, PublishOrder, RepositoryTarget } from '@fatbuildr/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptClient, aptClient } from '../registry/apt-client.ts';
import { makeDeb, makeSource, storeBlobs } from './packages.ts';
import { type PublisherFarm, startPublisherFarm } from './publisher-farm.ts';

const repository: RepositoryTarget = {
  format: 'deb',
  distribution: 'bookworm',
  derivatives: ['main', 'extra'],
  architectures: ['amd64'],
};
const INSTANCE = `name: Example
gpg: { name: Example, email: example@example.org }
architectures: [amd64]
formats:
  deb:
    - { name: bookworm, env: bookworm, tag: deb12 }
derivatives:
  extra: { formats: [deb] }
`;

let farm: PublisherFarm;
let apt: AptClient | undefined;

beforeAll(async () => {
  farm = await startPublisherFarm({ default: INSTANCE, other: INSTANCE });
});
afterAll(async () => {
  await apt?.remove();
  await farm?.close();
});

async function publishOrder(paths: string[]): Promise<PublishOrder> {
  const files = await storeBlobs(farm.within('state/blobs'), paths);
  return { kind: 'publish', instance: 'default', repository, derivative: 'main', files };
}

test('tells at its start that nothing is published', () => {
  expect(farm.api.registrations).toMatchObject([{ name: 'publisher', liveAttempts: [] }]);
  const lineage = expect.stringMatching(/./);
  const nothing = { lineage, repositories: [], keyring: null };
  expect(farm.api.syncs).toEqual(['default', 'other'].map((instance) => ({ instance, ...nothing })));
});

test('creates a keyring, and with it a repository that apt accepts', async () => {
  const order: KeyringOrder = {
    kind: 'keyring',
    operation: 'create',
    instance: 'default',
    userId: { name: 'Example', email: 'example@example.org' },
    validityDays: 30,
    overlapDays: 0,
    repositories: [repository],
  };
  const { outcome, publication } = await (await farm.api.submit(order)).over;
  expect(outcome).toBe('success');
  expect(publication?.keyring).toMatchObject({ algorithm: 'rsa4096', userId: 'Example <example@example.org>' });
  expect(publication?.publications).toEqual([{ format: 'deb', distribution: 'bookworm', revision: 1 }]);
  expect(farm.api.told).toMatchObject([{ distribution: 'bookworm', revision: 1, previous: null, added: [] }]);

  const keys = farm.within('state/keyrings/default');
  expect((await stat(keys)).mode & 0o777).toBe(0o700);
  for (const entry of await readdir(keys, { recursive: true, withFileTypes: true })) {
    const { mode } = await stat(join(entry.parentPath, entry.name));
    expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600);
  }
  expect(await readdir(farm.within('state/keyrings'))).toEqual(['default']);
  expect(await readdir(farm.within('registry'))).not.toContain('other');

  apt = await aptClient(await readFile(farm.within('registry/default/deb/bookworm.sources'), 'utf8'));
  expect(await apt.update()).not.toMatch(/^[WE]:/m);
});

test('publishes packages and a source that apt downloads with signatures checked', async () => {
  const debs = [
    await makeDeb(farm.within('built'), 'hello', '1.0'),
    await makeDeb(farm.within('built'), 'hello-data', '1.0'),
  ];
  await writeFile(farm.within('built/hello_1.0_amd64.changes'), 'Format: 1.8\n');
  const changes = farm.within('built/hello_1.0_amd64.changes');
  const job = await farm.api.submit(
    await publishOrder([...debs, changes, ...(await makeSource(farm.within('built'), 'hello', '1.0'))]),
  );
  expect((await job.over).outcome).toBe('success');
  const { added = [], tasks } = farm.api.told.at(-1) ?? {};
  expect(added.map(({ name, architecture }) => `${name} ${architecture}`).sort()).toEqual([
    'hello amd64',
    'hello source',
    'hello-data amd64',
  ]);
  expect(tasks).toEqual([job.task]);
  const phases = ['ingest', 'index', 'sign', 'verify', 'publish'];
  expect(job.phases).toEqual(phases.flatMap((phase) => [`begin ${phase}`, `end ${phase}`]));
  expect(job.log).toContain('==> ingest\n');

  await apt?.update();
  await apt?.run('apt-get', 'download', 'hello', 'hello-data');
  await apt?.run('apt-get', 'source', '--download-only', 'hello');
  for (const path of debs) {
    const downloaded = join(apt?.dir ?? '', path.slice(path.lastIndexOf('/') + 1));
    expect(sha256(await readFile(downloaded))).toBe(sha256(await readFile(path)));
  }
  expect(await readdir(apt?.dir ?? '')).toContain('hello_1.0.dsc');
});

test('refuses the same version with other bytes', async () => {
  const other = await makeDeb(farm.within('built'), 'hello', '1.0', 'something else');
  const { outcome, cause } = await (await farm.api.submit(await publishOrder([other]))).over;
  expect(outcome).toBe('rejected');
  expect(cause?.message).toContain('with other content');
  expect(cause?.hint).toContain('1.0+build2');
});

test('killed between commit and report, it reports once when it is back', async () => {
  const reporting = farm.api.hang('result');
  const job = await farm.api.submit(await publishOrder([await makeDeb(farm.within('built'), 'hello', '2.0')]));
  await reporting;
  expect(await farm.publisher.stop('SIGKILL')).toBeNull();
  farm.api.answer();
  await farm.restart();
  const { outcome, publication } = await job.over;
  expect(outcome).toBe('success');
  expect(publication?.publications).toMatchObject([{ revision: 3 }]);
  expect([job.attempts.length, job.results.length]).toEqual([2, 1]);
  expect(farm.api.syncs.at(-2)).toMatchObject({ instance: 'default', repositories: [{ oldest: 1, revision: 3 }] });
  expect(farm.api.told.map(({ revision }) => revision)).toEqual([1, 2, 3]);
  await apt?.update();
  expect(await apt?.versions('hello')).toEqual(['2.0', '1.0']);
});

test('killed while it asks for the commit, it leaves the old repository, and publishes when it is back', async () => {
  const asking = farm.api.hang('commit');
  const job = await farm.api.submit(await publishOrder([await makeDeb(farm.within('built'), 'hello', '3.0')]));
  await asking;
  await farm.publisher.stop('SIGKILL');
  await apt?.update();
  expect(await apt?.versions('hello')).toEqual(['2.0', '1.0']);
  farm.api.answer();
  await farm.restart();
  expect((await job.over).publication?.publications).toMatchObject([{ revision: 4 }]);
  await apt?.update();
  expect(await apt?.versions('hello')).toEqual(['3.0', '2.0', '1.0']);
});

test('works on after Redis was away, and stops when told', async () => {
  await farm.redis.stop('SIGKILL');
  await farm.redis.start();
  const job = await farm.api.submit(await publishOrder([await makeDeb(farm.within('built'), 'hello', '4.0')]));
  expect((await job.over).outcome).toBe('success');
  expect(await farm.publisher.stop('SIGTERM')).toBe(0);
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
