import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open as openFile, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IngestedPackage } from '../model/package.ts';
import type { Registry } from '../model/registry.ts';
import type { RepositorySigner, RpmRepository } from '../model/repository.ts';
import type { ChangeRequest, PublicationChanges } from '../model/requests.ts';
import { bytesOf } from '../reading/bytes.ts';
import { openRegistry } from '../registry.ts';
import { ingestRpms } from './ingest.ts';
import { readRpm } from './read/read-rpm.ts';

/** Signs by a digest that it checks again: what matters here is that verification is asked. */
const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const signer: RepositorySigner = {
  signCleartext: () => Promise.reject(new Error('nobody reads one')),
  verifyCleartext: () => Promise.reject(new Error('nobody reads one')),
  signDetached: async (data) => sum(data),
  async verifyDetached(data, signature) {
    if (signature !== sum(data)) throw new Error('bad signature');
  },
};
const repository: RpmRepository = {
  format: 'rpm',
  instance: 'default',
  distribution: 'el9',
  derivatives: ['main', 'extra'],
  architectures: ['x86_64', 'aarch64'],
  baseUrl: 'http://farm/registry',
};
const query = { format: 'rpm' as const, instance: 'default', distribution: 'el9' };

const built: Record<string, { name: string; content: Buffer }[]> = {};
let dir: string;
let top: string;
let registry: Registry;
/** In the place of the real one, where a test says so. */
let broken: Partial<RepositorySigner>;

const open = () =>
  openRegistry({
    tree: join(dir, 'tree'),
    database: join(dir, 'registry.db'),
    signerFor: async () => ({ ...signer, ...broken }),
    spacingMs: 0,
  });

beforeAll(async () => {
  built['hello'] = await makeRpm({ name: 'hello', version: '1' });
  built['other'] = await makeRpm({ name: 'hello', version: '1', files: { '/usr/share/other': '' } });
  built['native'] = await makeRpm({ name: 'native', version: '1', architecture: 'x86_64' });
}, 60_000);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-rpm-registry-'));
  top = join(dir, 'tree/default/rpm/el9');
  broken = {};
  registry = open();
});
afterEach(async () => {
  registry.close();
  await rm(dir, { recursive: true, force: true });
});

/** @param mark stands at a place that a signature would be at: in the lead, which nobody reads */
async function ingest(which: string, mark = 0): Promise<IngestedPackage[]> {
  const blobs = await mkdtemp(join(dir, 'blobs-'));
  const files = (built[which] ?? []).map(({ name, content }) => ({
    name,
    path: join(blobs, name),
    size: content.length,
    sha256: sum(content),
    content,
  }));
  for (const { path, content } of files) await writeFile(path, content);
  const sign = async (from: string, to: string) => {
    const bytes = await readFile(from);
    bytes[90] = mark;
    await writeFile(to, bytes);
  };
  const read = async ({ path }: { path: string }) => {
    await using file = await openFile(path);
    return await readRpm(bytesOf(file.fd, (await file.stat()).size));
  };
  return (await ingestRpms(files, read, sign, join(dir, 'signed'))).packages;
}

let tasks = 0;
function change(changes: PublicationChanges, more: Partial<ChangeRequest> = {}) {
  tasks += 1;
  return registry.publish({ repository, changes, task: `task${tasks}`, ...more });
}
const publish = (packages: IngestedPackage[], derivative = 'main', more: Partial<ChangeRequest> = {}) =>
  change({ add: packages.map((each) => ({ derivative, package: each })) }, more);

async function names(directory: string, unpack: (bytes: Buffer) => Buffer = gunzipSync): Promise<string[]> {
  const mirror = (await readFile(join(top, directory, 'mirrorlist'), 'utf8')).trim();
  const snapshot = join(top, mirror.slice('http://farm/registry/default/rpm/el9/'.length));
  const head = await readFile(join(snapshot, 'repodata/repomd.xml'));
  expect(await readFile(join(top, directory, 'repodata/repomd.xml'))).toEqual(head);
  expect(await readFile(join(snapshot, 'repodata/repomd.xml.asc'), 'utf8')).toBe(sum(head));
  const href = /href="([^"]+-primary[^"]+)"/.exec(head.toString())?.[1] as string;
  const primary = unpack(await readFile(join(snapshot, href))).toString();
  for (const [, path] of primary.matchAll(/<location href="([^"]+)"/g)) await readFile(join(snapshot, path as string));
  return [...primary.matchAll(/<name>([^<]+)/g)].map((match) => match[1] as string);
}

test('publishes every directory empty, once', async () => {
  expect(await registry.ensurePublished({ repository })).toBe(true);
  expect(await registry.ensurePublished({ repository })).toBe(false);
  for (const directory of ['main/x86_64', 'main/source', 'extra/aarch64']) expect(await names(directory)).toEqual([]);
  expect(await registry.ensurePublished({ repository, resign: true })).toBe(true);
});

describe('publish', () => {
  test('puts independent packages into each architecture, and touches no directory without changes', async () => {
    await registry.ensurePublished({ repository });
    await publish([...(await ingest('hello')), ...(await ingest('native'))]);
    expect(await names('main/x86_64')).toEqual(['hello', 'native']);
    expect(await names('main/aarch64')).toEqual(['hello']);
    expect(await names('main/source')).toEqual(['hello', 'native']);
    expect(await readFile(join(top, 'extra/x86_64/mirrorlist'), 'utf8')).toContain('/snapshots/1/');
    expect(registry.list({ ...query, source: 'native' }).map(({ architecture }) => architecture)).toEqual([
      'src',
      'x86_64',
    ]);
  });

  test('takes the same content for the same package, whoever signed it, and keeps the first', async () => {
    const [first] = await ingest('hello', 1);
    const [second] = await ingest('hello', 2);
    expect(second?.digest).not.toBe(first?.digest);
    await publish([first as IngestedPackage]);
    expect(await publish([second as IngestedPackage])).toMatchObject({ revision: 1, changed: false });
    expect(registry.list(query)[0]?.digest).toBe(first?.digest);
  });

  test('refuses other content under a version, in every derivative', async () => {
    await publish(await ingest('hello'));
    await expect(publish(await ingest('other'), 'extra')).rejects.toMatchObject({
      outcome: 'rejected',
      hint: expect.stringContaining('Release'),
    });
    expect(await names('extra/x86_64')).toEqual([]);
  });

  test('deletes a source package with what was built from it', async () => {
    await publish([...(await ingest('hello')), ...(await ingest('native'))]);
    const remove = [{ source: 'hello', version: '1-1' }];
    const { removed } = await change({ remove });
    expect(removed.map(({ kind }) => kind).sort()).toEqual(['binary', 'source']);
    expect(await names('main/x86_64')).toEqual(['native']);
    expect(await names('main/aarch64')).toEqual([]);
  });

  test('passes comps, advisories and modules through, and keeps them until they are taken away', async () => {
    const metadata = [
      { derivative: 'main', architecture: 'x86_64', type: 'updateinfo' as const, content: Buffer.from('<updates/>') },
    ];
    await change({ metadata });
    expect(await change({ metadata })).toMatchObject({ revision: 1, changed: false });
    await publish(await ingest('native'));
    const head = await readFile(join(top, 'main/x86_64/repodata/repomd.xml'), 'utf8');
    const href = /href="(repodata\/[0-9a-f]+-updateinfo\.xml\.gz)"/.exec(head)?.[1] as string;
    expect(gunzipSync(await readFile(join(top, 'main/x86_64', href))).toString()).toBe('<updates/>');
    await change({ metadata: metadata.map((each) => ({ ...each, content: null })) });
    expect(await readFile(join(top, 'main/x86_64/repodata/repomd.xml'), 'utf8')).not.toContain('updateinfo');
    expect(await readFile(join(top, 'main/source/repodata/repomd.xml'), 'utf8')).not.toContain('updateinfo');
  });

  test('promotes them with the whole of a derivative, in the place of those of the same type', async () => {
    const of = (derivative: string, type: 'group' | 'modules', text: string) => ({
      ...{ derivative, architecture: 'x86_64', type },
      content: Buffer.from(text),
    });
    await change({
      metadata: [of('main', 'modules', 'new'), of('extra', 'modules', 'old'), of('extra', 'group', 'own')],
    });
    const added = await ingest('native');
    await publish(added);
    const from = { distribution: 'el9', derivative: 'main' };
    const promote = (task: string, more: Partial<typeof from & { selectors: { name: string }[] }> = {}) =>
      registry.promote({ repository, derivative: 'extra', from: { ...from, ...more }, task });
    const held = (type: 'group' | 'modules') =>
      Buffer.from(registry.metadata(query, { derivative: 'extra', architecture: 'x86_64', type }) ?? []).toString();

    expect(await promote('some', { selectors: [{ name: 'native' }] })).toMatchObject({ metadata: [] });
    expect(held('modules')).toBe('old');
    expect(await promote('all')).toMatchObject({
      changed: true,
      metadata: [{ derivative: 'extra', type: 'modules', architecture: 'x86_64' }],
    });
    expect([held('modules'), held('group')]).toEqual(['new', 'own']);
    expect(await readFile(join(top, 'extra/x86_64/repodata/repomd.xml'), 'utf8')).toContain('-modules.yaml');
    expect(await promote('again')).toMatchObject({ changed: false, metadata: [] });
  });

  test('writes zstd where the repository says so', async () => {
    const modern = { ...repository, compression: 'zstd' as const };
    await publish(await ingest('native'), 'main', { repository: modern });
    // Node ends at the first of several frames.
    const unpack = (bytes: Buffer) => execFileSync('zstd', ['-dc'], { input: bytes });
    expect(await names('main/x86_64', unpack)).toEqual(['native']);
  });
});

describe('a repository stays as it was', () => {
  /** A minute later there is still none. */
  function neverAnswer(): Promise<never> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    setImmediate(() => vi.advanceTimersByTime(60_000));
    return new Promise(() => {});
  }
  afterEach(() => {
    vi.useRealTimers();
  });
  const failures: [string, Partial<RepositorySigner>, Partial<ChangeRequest>, string][] = [
    ['the signer fails', { signDetached: () => Promise.reject(new Error('no agent')) }, {}, 'no agent'],
    ['the signer gives no answer', { signDetached: neverAnswer }, {}, 'no answer within 60 s'],
    ['the signer returns garbage', { signDetached: async () => 'garbage' }, {}, 'bad signature'],
    ['commit says no', {}, { commit: () => Promise.reject(new Error('cancelled')) }, 'cancelled'],
  ];
  test.each(failures)('when %s', async (_, failure, more, reason) => {
    await publish(await ingest('native'));
    broken = failure;
    await expect(publish(await ingest('hello'), 'main', more)).rejects.toThrow(reason);
    broken = {};
    expect(await names('main/x86_64')).toEqual(['native']);
    expect(registry.publications(query)).toHaveLength(1);
    expect(await publish(await ingest('hello'))).toMatchObject({ revision: 2, changed: true });
  });

  test('when another writer started meanwhile', async () => {
    const other = open();
    const commit = async () => {
      await other.ensurePublished({ repository });
    };
    await expect(publish(await ingest('hello'), 'main', { commit })).rejects.toMatchObject({
      outcome: 'publish-failure',
    });
    other.close();
  });
});

test('refuses a file under another name, one that is damaged, and one that says too much of itself', async () => {
  const hello = built['hello']?.[0] as { name: string; content: Buffer };
  await mkdir(join(dir, 'in'));
  const path = join(dir, 'in/file');
  await writeFile(path, hello.content);
  const file = { name: 'other-1-1.noarch.rpm', path, size: hello.content.length, sha256: sum(hello.content) };
  const sign = async (from: string, to: string) => writeFile(to, await readFile(from));
  const read = async () => {
    await using opened = await openFile(path);
    return await readRpm(bytesOf(opened.fd, hello.content.length));
  };
  await expect(ingestRpms([file], read, sign, join(dir, 'signed'))).rejects.toThrow('holds the package');
  await expect(ingestRpms([{ ...file, size: 1 }], read, sign, join(dir, 'signed'))).rejects.toThrow('damaged');
  const chatty = async () => ({ ...(await read()), summary: 'x'.repeat(5 << 20) });
  const named = { ...file, name: hello.name };
  await expect(ingestRpms([named], chatty, sign, join(dir, 'signed'))).rejects.toThrow('says too much of itself');
});

test('publishAccess writes the key and a ready .repo file', async () => {
  await registry.publishAccess({ instance: 'default', repositories: [repository], publicKey: 'key\n' });
  const text = await readFile(join(dir, 'tree/default/rpm/el9.repo'), 'utf8');
  expect(text).toContain('[default-el9-main]\n');
  expect(text).toContain('mirrorlist=http://farm/registry/default/rpm/el9/main/$basearch/mirrorlist\n');
  const keys = ['keyring', 'retired-keys'].map((name) => `http://farm/registry/default/${name}.asc`);
  expect(text).toContain(`gpgcheck=1\nrepo_gpgcheck=1\ngpgkey=${keys.join(' ')}\n`);
});
