import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CheckFinding } from '../model/check.ts';
import type { PackageSelector } from '../model/package.ts';
import type { Registry } from '../model/registry.ts';
import type { ImageRepository, RepositorySigner } from '../model/repository.ts';
import type { ChangeRequest, WriteStep } from '../model/requests.ts';
import { openRegistry } from '../registry.ts';
import { imageOf } from './checksums.ts';
import { ingestImages } from './ingest.ts';

/** Signs by a digest that it checks again: what matters here is that verification is asked. */
const sum = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const signer: RepositorySigner = {
  signCleartext: () => Promise.reject(new Error('nobody reads one')),
  verifyCleartext: () => Promise.reject(new Error('nobody reads one')),
  signDetached: async (data) => sum(data),
  async verifyDetached(data, signature) {
    if (signature !== sum(data)) throw new Error('bad signature');
  },
};
const query = { format: 'osi' as const, instance: 'default', distribution: 'images' };
const repository: ImageRepository = {
  ...query,
  derivatives: ['main', 'next'],
  architectures: ['amd64', 'arm64'],
  baseUrl: 'http://farm/',
};

let dir: string;
let top: string;
let registry: Registry;
let broken: Partial<RepositorySigner>;
let tasks = 0;

const open = () =>
  openRegistry({
    ...{ tree: join(dir, 'tree'), database: join(dir, 'registry.db'), spacingMs: 0 },
    signerFor: async () => ({ ...signer, ...broken }),
  });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-osi-registry-'));
  top = join(dir, 'tree/default/osi/images/main');
  broken = {};
  registry = open();
});
afterEach(async () => {
  registry.close();
  await rm(dir, { recursive: true });
});

async function file(name: string, content = name) {
  const path = join(dir, name);
  await writeFile(path, content);
  return { name, path, size: content.length, sha256: sum(content) };
}

type More = Partial<ChangeRequest> & { derivative?: string; content?: string };

async function publish(names: string[], { derivative = 'main', content, ...more }: More = {}) {
  const images = ingestImages(await Promise.all(names.map((name) => file(name, content))), 'amd64');
  const changes = { add: images.map((image) => ({ derivative, package: image })) };
  return registry.publish({ repository, task: `task${(tasks += 1)}`, changes, ...more });
}

const remove = (selector: PackageSelector, task = `task${(tasks += 1)}`) =>
  registry.publish({ repository, task, changes: { remove: [{ derivative: 'main', ...selector }] } });
const served = (name: string) => readFile(join(top, name), 'utf8');

/** The names of images that clients are told of, checked as they check them. */
async function verified(derivative = 'main'): Promise<string[]> {
  const directory = join(top, '..', derivative);
  const text = await readFile(join(directory, 'SHA256SUMS'), 'utf8');
  expect(await readFile(join(directory, 'SHA256SUMS.gpg'), 'utf8')).toBe(sum(text));
  const lines = text.split('\n').filter(Boolean);
  const found = await Promise.all(
    lines.map(async (line) => {
      const [sha256, name = ''] = line.split('  ');
      expect(sum(await readFile(join(directory, name)))).toBe(sha256);
      return name;
    }),
  );
  const others = ['SHA256SUMS', 'SHA256SUMS.gpg', 'snapshots'];
  expect((await readdir(directory)).toSorted()).toEqual([...others, ...found].toSorted());
  return found;
}

test('one checksum file for all images, with its signature', async () => {
  await publish(['router_1.0.tar', 'router_1.0.manifest', 'router_1.0.SHA256SUMS']);
  await publish(['desktop_2.1.raw']);
  expect(await served('SHA256SUMS')).toBe(
    ['desktop_2.1.raw', 'router_1.0.manifest', 'router_1.0.tar'].map((name) => `${sum(name)}  ${name}\n`).join(''),
  );
  expect(await verified()).toHaveLength(3);
  expect(await verified('next')).toEqual([]);
});

test('images are listed, and earlier versions stay until they are deleted', async () => {
  await publish(['router_1.0.tar']);
  await publish(['router_1.0+build2.tar', 'router_1.0+build2_arm64.tar', 'router_1.0+build10.tar']);
  const listed = registry.list(query).map(({ name, version, architecture }) => [name, version, architecture].join(' '));
  expect(listed).toEqual([
    ...['router 1.0 amd64', 'router 1.0+build2 amd64', 'router 1.0+build2 arm64', 'router 1.0+build10 amd64'],
  ]);
  await remove({ source: 'router', version: '1.0' });
  await remove({ source: 'router', architecture: 'arm64' });
  expect(await verified()).toEqual(['router_1.0+build2.tar', 'router_1.0+build10.tar']);
  await remove({ source: 'router' });
  expect(await verified()).toEqual([]);
  await expect(remove({ source: 'router' })).rejects.toThrow(
    'nothing in images of default matches derivative main, source router',
  );
});

test('the same again changes nothing, other content is refused', async () => {
  const first = await publish(['router_1.0.tar']);
  expect(await publish(['router_1.0.tar'])).toMatchObject({ revision: first.revision, changed: false });
  await expect(publish(['router_1.0.tar'], { content: 'other' })).rejects.toThrow('with other content');
  await expect(publish(['router.tar'])).rejects.toThrow('router.tar is no file of an image');
  expect(await served('router_1.0.tar')).toBe('router_1.0.tar');
});

test('published empty at first, and signed again when asked to', async () => {
  expect(await registry.ensurePublished({ repository })).toBe(true);
  expect(await registry.ensurePublished({ repository })).toBe(false);
  await publish(['router_1.0.tar']);
  expect(await registry.ensurePublished({ repository, resign: true })).toBe(true);
  expect(registry.revisions(query)).toEqual({ oldest: 1, current: 3 });
  expect([await verified(), await verified('next')]).toEqual([['router_1.0.tar'], []]);
});

test('checksums that somebody changed are not signed again', async () => {
  await publish(['router_1.0.tar']);
  const path = join(top, 'SHA256SUMS');
  const text = await readFile(path, 'utf8');
  const signature = await served('SHA256SUMS.gpg');
  const first = text.startsWith('0') ? '1' : '0';
  await writeFile(path, `${first}${text.slice(1)}`);
  for (const resign of [false, true]) {
    await expect(registry.ensurePublished({ repository, resign })).rejects.toMatchObject({
      outcome: 'publish-failure',
      message: expect.stringContaining('SHA256SUMS has sha256'),
    });
  }
  expect(await served('SHA256SUMS.gpg')).toBe(signature);
});

test('the same bytes in another derivative, and back to an earlier publication', async () => {
  await publish(['router_1.0.tar']);
  await publish(['router_2.0.tar']);
  const from = { distribution: 'images', derivative: 'main', selectors: [{ source: 'router', version: '2.0' }] };
  await registry.promote({ repository, task: 'promote', derivative: 'next', from });
  expect(await verified('next')).toEqual(['router_2.0.tar']);
  await registry.rollback({ repository, task: 'back', revision: 1 });
  expect([await verified(), await verified('next')]).toEqual([['router_1.0.tar'], []]);
  expect(registry.publications(query).map(({ tasks: of, added, removed }) => [of.at(-1), added, removed])).toEqual([
    ...[
      ['back', 0, 2],
      ['promote', 1, 0],
    ],
    ...[expect.anything(), expect.anything()],
  ]);
});

test('a collection removes the pool files of images that no publication holds any more', async () => {
  await publish(['router_1.0.tar']);
  await publish(['router_2.0.tar']);
  await remove({ source: 'router', version: '1.0' });
  const report = await registry.collect({ instance: 'default', graceMs: 0, keepPublications: 1, dryRun: false });
  expect(report).toMatchObject({ publications: 2, packages: 1 });
  expect(await verified()).toEqual(['router_2.0.tar']);
  expect(existsSync(join(top, 'snapshots/1'))).toBe(false);
  expect(await readdir(join(top, '../../pool/r/router'))).toHaveLength(1);
});

test('where old versions are pruned they go from the checksums, and from the disk with the publications that had them', async () => {
  const keeping = { repository: { ...repository, keepVersions: 2 } };
  const versions = ['1.0', '1.0+build2', '1.0+build10', '2.0~rc1'];
  for (const version of versions) await publish([`router_${version}.tar`, `router_${version}_arm64.tar`], keeping);
  await publish(['desktop_1.0.tar'], keeping);
  const kept = ['1.0+build10', '2.0~rc1'].flatMap((version) => [
    `router_${version}.tar`,
    `router_${version}_arm64.tar`,
  ]);
  expect((await verified()).toSorted()).toEqual(['desktop_1.0.tar', ...kept].toSorted());
  await expect(publish(['router_1.0+build3.tar'], keeping)).rejects.toMatchObject({
    message: 'router 1.0+build3 would be pruned at once: images keeps 2 versions in main and has 2.0~rc1, 1.0+build10',
    hint: expect.stringContaining('keepVersions'),
  });
  const pooled = () => readdir(join(top, '../../pool/r/router'));
  const collect = (keepPublications: number) =>
    registry.collect({ instance: 'default', graceMs: 0, keepPublications, dryRun: false });
  await collect(10);
  expect(await pooled()).toHaveLength(8);
  await collect(1);
  expect(await pooled()).toHaveLength(4);
  expect(await verified()).toHaveLength(5);
});

test('an image that somebody took out of the pool keeps nothing else from clients', async () => {
  await publish(['router_1.0.tar', 'router_2.0.tar']);
  await rm(join(top, '../../pool'), { recursive: true });
  await rm(join(top, 'SHA256SUMS'));
  registry.close();
  registry = open();
  expect(await registry.recover()).toEqual({ finished: 1, forgotten: 0 });
  expect(await verified()).toEqual(['router_1.0.tar', 'router_2.0.tar']);
});

test('bytes that changed since they were handed in are not published', async () => {
  await publish(['router_1.0.tar']);
  const [image] = ingestImages([{ ...(await file('router_2.0.tar')), sha256: sum('as it was') }], 'amd64');
  const changes = { add: [{ derivative: 'main', package: image! }] };
  await expect(registry.publish({ repository, task: 'lies', changes })).rejects.toThrow('while copying');
  broken = { verifyDetached: () => Promise.reject(new Error('bad signature')) };
  await expect(publish(['router_3.0.tar'])).rejects.toThrow('bad signature');
  broken = {};
  const commit = () => Promise.reject(new Error('cancelled'));
  await expect(publish(['router_4.0.tar'], { commit })).rejects.toThrow('cancelled');
  expect(await verified()).toEqual(['router_1.0.tar']);
  expect(await readdir(join(top, 'snapshots'))).toEqual(['1']);
});

describe('a writer that dies', () => {
  const before: WriteStep[] = ['pool', 'indexes', 'manifest', 'signatures', 'verified', 'committed'];
  const after: WriteStep[] = ['head', 'rename-indexes', 'rename-SHA256SUMS.gpg', 'rename-SHA256SUMS', 'done'];

  test.each([...before, ...after])('at %s leaves the old repository or the new one', async (fatal) => {
    await publish(['router_1.0.tar']);
    const reached = Promise.withResolvers<void>();
    const step = async (each: WriteStep) => {
      if (each !== fatal) return;
      reached.resolve();
      await new Promise<never>(() => {});
    };
    void publish(['router_2.0.tar'], { step, task: 'dies' });
    await reached.promise;
    const next = open();
    await next.recover();
    const isNew = after.includes(fatal);
    expect(await verified()).toEqual(['router_1.0.tar', ...(isNew ? ['router_2.0.tar'] : [])]);
    registry.close();
    registry = next;
    const again = await publish(['router_2.0.tar'], { task: 'dies' });
    expect(again).toMatchObject({ revision: 2, changed: true, added: [{ version: '2.0' }] });
  });

  test('a deletion that is asked for again is answered with what it came to', async () => {
    await publish(['router_1.0.tar']);
    const first = await remove({ source: 'router' }, 'delete');
    registry.close();
    registry = open();
    await registry.recover();
    expect(await remove({ source: 'router' }, 'delete')).toEqual(first);
  });
});

test('names are told apart into name, version and architecture', () => {
  expect(imageOf('router-os_1.0~rc1.root-x86-64.raw')).toEqual({
    ...{ name: 'router-os', version: '1.0~rc1', architecture: null },
  });
  expect(imageOf('router_1.0_arm64.tar')?.architecture).toBe('arm64');
  expect(imageOf('a_b')).toBeUndefined();
});

test('a check finds nothing of what is whole, and writes anew what is not', async () => {
  await publish(['router_1.0.tar']);
  await publish(['router_1.0+build2.tar']);
  const check = async (dryRun = false) => {
    const found: string[] = [];
    const request = {
      instance: 'default',
      dryRun,
      found: (one: CheckFinding) => found.push(`${one.kind} ${one.path}`),
    };
    return { ...(await registry.check(request)), found };
  };
  expect(await check()).toMatchObject({ found: [], damaged: 0, missing: 0, foreign: 0 });

  await rm(join(top, 'SHA256SUMS'));
  await rm(join(top, 'router_1.0.tar'));
  await writeFile(join(top, 'left-by-somebody'), '');
  const told = await check(true);
  const of = (name: string) => `default/osi/images/main/${name}`;
  expect(told.found).toEqual(
    expect.arrayContaining([
      `missing ${of('SHA256SUMS')}`,
      `missing ${of('router_1.0.tar')}`,
      `foreign ${of('left-by-somebody')}`,
    ]),
  );
  await check();
  expect(await verified()).toEqual(['router_1.0.tar', 'router_1.0+build2.tar']);
  expect(await check()).toMatchObject({ found: [] });
});

test.each<[string, 'missing' | 'damaged', (checksums: string) => Promise<void>]>([
  ['gone', 'missing', (checksums) => rm(checksums)],
  ['damaged, for clients too', 'damaged', (checksums) => writeFile(checksums, 'nonsense\n')],
])(
  'checksums of a publication that are %s keep neither collection nor check from their work',
  async (_, kind, harm) => {
    await publish(['router_1.0.tar']);
    await publish(['router_2.0.tar']);
    for (const revision of [1, 2]) await harm(join(top, `snapshots/${revision}/SHA256SUMS`));
    const collect = { instance: 'default', graceMs: 1e9, keepPublications: 9, dryRun: false };
    expect(await registry.collect(collect)).toMatchObject({ publications: 0, packages: 0 });
    const found: string[] = [];
    const request = { instance: 'default', found: (one: CheckFinding) => found.push(`${one.kind} ${one.path}`) };
    await registry.check({ ...request, dryRun: true });
    expect(found).toContain(`${kind} default/osi/images/main/snapshots/2/SHA256SUMS`);
    expect((await registry.check({ ...request, dryRun: false })).mended).toBeGreaterThan(0);
    expect(await verified()).toEqual(['router_1.0.tar', 'router_2.0.tar']);
  },
);
