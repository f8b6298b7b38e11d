import { createHash } from 'node:crypto';
import { mkdtemp, open as openFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Paragraph, parseDeb822 } from '@fatbuildr/domain';
import { type DebRecipe, makeDeb, makeSource, putFiles } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IngestedPackage } from '../model/package.ts';
import type { Registry } from '../model/registry.ts';
import type { AptRepository, RepositorySigner } from '../model/repository.ts';
import type { ChangeRequest, PublicationChanges } from '../model/requests.ts';
import { bytesOf } from '../reading/bytes.ts';
import { openRegistry } from '../registry.ts';
import { ingestAptPackages, type PackageReader } from './ingest.ts';
import { readPackage } from './read/read-package.ts';

/** Signs by a digest that it checks again: what matters here is that verification is asked. */
const sum = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const signer: RepositorySigner = {
  signCleartext: async (text) => `signed ${sum(text)}\n${text}`,
  signDetached: async (data) => sum(data),
  async verifyCleartext(message) {
    const text = message.slice(message.indexOf('\n') + 1);
    if (!message.startsWith(`signed ${sum(text)}\n`)) throw new Error('bad signature');
    return text;
  },
  async verifyDetached(data, signature) {
    if (signature !== sum(data)) throw new Error('bad signature');
  },
};

const repository: AptRepository = {
  format: 'deb',
  instance: 'default',
  baseUrl: 'http://farm/',
  distribution: 'bookworm',
  derivatives: ['main', 'extra'],
  architectures: ['amd64', 'arm64'],
  origin: 'Example',
  label: 'Example',
};

let dir: string;
let dists: string;
let now: number;
let registry: Registry;
/** In the place of the real one, where a test says so. */
let broken: Partial<RepositorySigner>;

const open = () =>
  openRegistry({
    tree: join(dir, 'tree'),
    database: join(dir, 'registry.db'),
    signerFor: async () => ({ ...signer, ...broken }),
    clock: () => now,
    spacingMs: 0,
  });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-registry-'));
  dists = join(dir, 'tree/default/deb/dists/bookworm');
  now = Date.UTC(2026, 0, 1);
  broken = {};
  registry = open();
});
afterEach(async () => {
  registry.close();
  await rm(dir, { recursive: true, force: true });
});

/** In this process, which is quicker; the child has a test of its own. */
const read: PackageReader = async ({ path, name }) => {
  await using file = await openFile(path);
  return await readPackage(bytesOf(file.fd, (await file.stat()).size), name);
};

let blobs = 0;
async function ingest(...recipes: DebRecipe[]): Promise<IngestedPackage[]> {
  blobs += 1;
  const debs = await Promise.all(recipes.map(makeDeb));
  return ingestAptPackages(await putFiles(join(dir, `blobs${blobs}`), debs), read);
}

let tasks = 0;
function change(changes: PublicationChanges, more: Partial<ChangeRequest> = {}) {
  tasks += 1;
  return registry.publish({ repository, changes, task: `task${tasks}`, ...more });
}

async function publish(packages: IngestedPackage[], derivative = 'main') {
  return change({ add: packages.map((each) => ({ derivative, package: each })) });
}

/** Of a file, or of the index that is packed in it. */
async function paragraphs(path: string): Promise<Paragraph[]> {
  const bytes = await readFile(join(dists, path));
  return parseDeb822((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString());
}
const names = async (path: string) =>
  (await paragraphs(`${path}.gz`)).map((each) => `${each.get('Package')} ${each.get('Version')}`);

/** Everything that a client can see, by path. */
async function served(): Promise<Record<string, string>> {
  const files = await readdir(dists, { recursive: true, withFileTypes: true });
  const visible = files.filter((file) => file.isFile() && !/by-(hash|revision)/.test(file.parentPath));
  const entries = visible.map(async (file) => {
    const path = join(file.parentPath, file.name);
    return [path.slice(dists.length + 1), sum(await readFile(path))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('ensurePublished', () => {
  test('publishes an empty repository once, whole and with every index that the configuration names', async () => {
    expect(await registry.ensurePublished({ repository })).toBe(true);
    expect(await registry.ensurePublished({ repository })).toBe(false);
    const [release] = await paragraphs('Release');
    expect(Object.fromEntries(release?.fields.map(({ name, value }) => [name, value]) ?? [])).toMatchObject({
      Origin: 'Example',
      Suite: 'bookworm',
      Codename: 'bookworm',
      Date: 'Thu, 01 Jan 2026 00:00:00 UTC',
      'Acquire-By-Hash': 'yes',
      Architectures: 'amd64 arm64',
      Components: 'main extra',
    });
    const listed = (release?.get('SHA256') ?? '')
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/ +/));
    expect(listed.map(([, , path]) => path)).toContain('extra/binary-arm64/Packages.gz');
    expect(listed).toHaveLength(2 * (2 * 4 + 2));
    for (const [digest, size, path = ''] of listed) {
      // As in Debian's archive, what is not packed is told of and not there.
      const content = path.endsWith('.gz')
        ? await readFile(join(dists, path))
        : gunzipSync(await readFile(join(dists, `${path}.gz`)));
      expect([sum(content), content.length]).toEqual([digest, Number(size)]);
    }
  });

  test('signs again when asked, and follows new derivatives', async () => {
    await registry.ensurePublished({ repository });
    now += 5000;
    expect(await registry.ensurePublished({ repository, resign: true })).toBe(true);
    const grown = { ...repository, derivatives: ['main', 'extra', 'third'] };
    expect(await registry.ensurePublished({ repository: grown })).toBe(true);
    expect(await names('third/source/Sources')).toEqual([]);
    const revisions = registry.publications({ format: 'deb', instance: 'default', distribution: 'bookworm' });
    expect(revisions.map(({ revision, previous }) => [revision, previous])).toEqual([
      [3, 2],
      [2, 1],
      [1, null],
    ]);
  });

  test('refuses to become another repository or to drop a derivative with packages', async () => {
    await publish(await ingest({ name: 'hello', version: '1' }), 'extra');
    await expect(registry.ensurePublished({ repository: { ...repository, origin: 'Other' } })).rejects.toThrow(
      'the origin of bookworm cannot change from "Example" to "Other"',
    );
    await expect(registry.ensurePublished({ repository: { ...repository, derivatives: ['main'] } })).rejects.toThrow(
      'the derivative extra of bookworm still holds packages',
    );
  });

  test('writes Valid-Until where days are given', async () => {
    await registry.ensurePublished({ repository: { ...repository, validDays: 7 } });
    expect((await paragraphs('InRelease').catch(() => paragraphs('Release')))[0]?.get('Valid-Until')).toBe(
      'Thu, 08 Jan 2026 00:00:00 UTC',
    );
  });
});

describe('publish', () => {
  test('puts packages into pool and indexes, for all architectures into each', async () => {
    const packages = await ingest(
      { name: 'hello', version: '2', files: { './usr/bin/hello': 'x' } },
      {
        name: 'hello-data',
        version: '2',
        architecture: 'all',
        control: 'Source: hello (1:2)\n',
        files: { './usr/share/h': 'y' },
      },
      { name: 'hello', version: '10' },
    );
    const result = await publish(packages);
    expect(result).toMatchObject({ revision: 1, changed: true, removed: [] });
    expect(result.added.map(({ name, source }) => [name, source.version])).toContainEqual(['hello-data', '1:2']);
    expect(await names('main/binary-amd64/Packages')).toEqual(['hello 2', 'hello 10', 'hello-data 2']);
    expect(await names('main/binary-arm64/Packages')).toEqual(['hello-data 2']);
    expect(await names('extra/binary-amd64/Packages')).toEqual([]);
    for (const each of await paragraphs('main/binary-amd64/Packages.gz')) {
      const file = await readFile(join(dir, 'tree/default/deb', each.get('Filename') as string));
      expect(sum(file)).toBe(each.get('SHA256'));
    }
    const contents = gunzipSync(await readFile(join(dists, 'main/Contents-amd64.gz'))).toString();
    expect(contents).toMatch(/^usr\/bin\/hello +misc\/hello$/m);
    expect(contents).toMatch(/^usr\/share\/h +misc\/hello-data$/m);
  });

  test('keeps a source package in one directory', async () => {
    const files = await putFiles(join(dir, 'blobs'), await makeSource({ name: 'libhello', version: '2-1' }));
    await publish(await ingestAptPackages(files, read));
    const [source] = await paragraphs('main/source/Sources.gz');
    expect(source?.get('Directory')).toMatch(/^pool\/libh\/libhello\/[0-9a-f]{32}$/);
    for (const { name, sha256 } of files) {
      expect(sum(await readFile(join(dir, 'tree/default/deb', source?.get('Directory') ?? '', name)))).toBe(sha256);
    }
    expect(
      registry.list({ format: 'deb', instance: 'default', distribution: 'bookworm', architecture: 'source' }),
    ).toMatchObject([
      { kind: 'source', name: 'libhello', version: '2-1', task: `task${tasks}`, since: 1, published: now },
    ]);
  });

  test('puts a .udeb into an index of its own', async () => {
    await publish(await ingest({ name: 'disk', version: '1', extension: 'udeb' }));
    expect(await names('main/debian-installer/binary-amd64/Packages')).toEqual(['disk 1']);
    expect(await names('main/binary-amd64/Packages')).toEqual([]);
  });

  test('refuses a package of one name and version as .deb and as .udeb: lists tell them apart by these', async () => {
    const deb = await ingest({ name: 'disk', version: '1' });
    const udeb = await ingest({ name: 'disk', version: '1', extension: 'udeb' });
    await expect(publish([...deb, ...udeb])).rejects.toMatchObject({ outcome: 'rejected' });
    await publish(deb);
    await expect(publish(udeb, 'extra')).rejects.toMatchObject({
      outcome: 'rejected',
      message: 'disk 1 (amd64) is in bookworm as a .deb package, and offered as a .udeb package',
      hint: expect.stringContaining('another name'),
    });
    expect(await names('main/binary-amd64/Packages')).toEqual(['disk 1']);
  });

  test('does nothing when all is so already, also in the other derivative with the same bytes', async () => {
    const packages = await ingest({ name: 'hello', version: '1' });
    await publish(packages);
    const before = await served();
    const nothing = { added: [], removed: [], metadata: [] };
    expect(await publish(packages)).toEqual({ revision: 1, previous: null, changed: false, ...nothing });
    expect(await served()).toEqual(before);
    expect(await publish(packages, 'extra')).toMatchObject({ revision: 2, changed: true });
  });

  test('refuses a version with other bytes, in every derivative, naming both and what to do', async () => {
    const [first] = await ingest({ name: 'hello', version: '1-1+build2' });
    const [second] = await ingest({ name: 'hello', version: '1-1+build2', files: { './other': '' } });
    await publish([first as IngestedPackage]);
    const before = await served();
    const refused = expect.objectContaining({
      outcome: 'rejected',
      message: expect.stringMatching(new RegExp(`${first?.digest}.*${second?.digest}`)),
      hint: expect.stringContaining('1-1+build3'),
    });
    await expect(publish([second as IngestedPackage], 'extra')).rejects.toThrow(refused);
    await expect(publish([second as IngestedPackage])).rejects.toThrow(refused);
    expect(await served()).toEqual(before);
  });

  test('refuses an unknown derivative or architecture', async () => {
    await expect(publish(await ingest({ name: 'hello', version: '1' }), 'nope')).rejects.toThrow('it has main, extra');
    await expect(publish(await ingest({ name: 'hello', version: '1', architecture: 's390x' }))).rejects.toThrow(
      's390x',
    );
  });

  test('deletes a source package with all that was built from it', async () => {
    const source = await ingestAptPackages(
      await putFiles(join(dir, 'blobs'), await makeSource({ name: 'hello', version: '1' })),
      read,
    );
    const built = await ingest(
      { name: 'hello', version: '1' },
      { name: 'hello-doc', version: '1', architecture: 'all', control: 'Source: hello\n' },
    );
    await publish([...source, ...built, ...(await ingest({ name: 'other', version: '1' }))]);
    const remove = [{ derivative: 'main', source: 'hello', version: '1' }];
    const { removed } = await change({ remove });
    expect(removed.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'hello binary',
      'hello source',
      'hello-doc binary',
    ]);
    expect(await names('main/binary-amd64/Packages')).toEqual(['other 1']);
    expect(await names('main/source/Sources')).toEqual([]);
    await expect(change({ remove })).rejects.toThrow(
      'nothing in bookworm of default matches derivative main, source hello, version 1',
    );
  });

  test('allows other bytes under a version once the first are deleted and collected', async () => {
    await publish(await ingest({ name: 'hello', version: '1' }));
    await change({ remove: [{ name: 'hello' }] });
    const other = await ingest({ name: 'hello', version: '1', files: { './other': '' } });
    await expect(publish(other)).rejects.toThrow('was in bookworm with other content');
    await registry.collect({ instance: 'default', graceMs: 0, keepPublications: 1, dryRun: false });
    const result = await publish(await ingest({ name: 'hello', version: '1', files: { './other': '' } }));
    expect(result.added).toHaveLength(1);
    expect(await names('main/binary-amd64/Packages')).toEqual(['hello 1']);
  });

  test('keeps what earlier clients may still ask for', async () => {
    await publish(await ingest({ name: 'hello', version: '1' }));
    const [earlier] = registry.publications({ format: 'deb', instance: 'default', distribution: 'bookworm' });
    await change({ remove: [{ name: 'hello' }] });
    for (const { path, sha256 } of earlier?.manifest.filter(({ listedOnly }) => !listedOnly) ?? []) {
      expect(sum(await readFile(join(dists, path, '../by-hash/SHA256', sha256)))).toBe(sha256);
    }
  });

  test('makes one publication of the changes that come while another is written', async () => {
    const packages = await ingest(...Array.from({ length: 6 }, (_, index) => ({ name: `p${index}`, version: '1' })));
    const results = await Promise.all(packages.map((each) => publish([each])));
    expect(results.map(({ revision }) => revision)).toEqual([1, 2, 2, 2, 2, 2]);
    expect(results.map(({ added }) => added.map(({ name }) => name))).toEqual(packages.map(({ name }) => [name]));
    expect(await names('main/binary-amd64/Packages')).toHaveLength(6);
  });

  test('gives each InRelease a later second than the one before, for clients that ask "modified since?"', async () => {
    const times: number[] = [];
    for (const version of ['1', '2', '3']) {
      await publish(await ingest({ name: 'hello', version }));
      times.push(Math.floor((await stat(join(dists, 'InRelease'))).mtimeMs / 1000));
    }
    expect(times).toEqual([now / 1000, now / 1000 + 1, now / 1000 + 2]);
  });

  test('never dates a Release before the last one', async () => {
    await publish(await ingest({ name: 'hello', version: '1' }));
    now -= 3_600_000;
    await publish(await ingest({ name: 'hello', version: '2' }));
    expect((await paragraphs('Release'))[0]?.get('Date')).toBe('Thu, 01 Jan 2026 00:00:00 UTC');
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
  const failures: [string, Partial<RepositorySigner>, string][] = [
    ['the signer fails', { signDetached: () => Promise.reject(new Error('no agent')) }, 'no agent'],
    ['the signer gives no answer', { signDetached: neverAnswer }, 'no answer within 60 s'],
    ['the signer returns garbage', { signDetached: async () => 'garbage' }, 'bad signature'],
    [
      'InRelease says something else',
      { signCleartext: () => signer.signCleartext('Origin: Other\n') },
      'something else than Release',
    ],
    ['InRelease does not verify', { signCleartext: async (text) => `signed 00\n${text}` }, 'bad signature'],
  ];
  test.each(failures)('when %s', async (_, failure, reason) => {
    await publish(await ingest({ name: 'hello', version: '1' }));
    const before = await served();
    const add = (await ingest({ name: 'hello', version: '2' })).map((each) => ({ derivative: 'main', package: each }));
    broken = failure;
    await expect(change({ add })).rejects.toThrow(reason);
    broken = {};
    expect(await served()).toEqual(before);
    expect(await publish(add.map((each) => each.package))).toMatchObject({ revision: 2, changed: true });
  });

  test('when an index on disk is not what was written', async () => {
    const add = (await ingest({ name: 'hello', version: '1' })).map((each) => ({ derivative: 'main', package: each }));
    const spoil = async () => {
      const byHash = join(dists, 'main/binary-amd64/by-hash/SHA256');
      for (const name of await readdir(byHash)) await writeFile(join(byHash, name), 'spoiled');
    };
    await expect(
      change(
        { add },
        {
          step: (step) => (step === 'signatures' ? spoil() : undefined),
        },
      ),
    ).rejects.toThrow('reads back');
  });

  test('when commit says no', async () => {
    const add = (await ingest({ name: 'hello', version: '1' })).map((each) => ({ derivative: 'main', package: each }));
    const commit = () => Promise.reject(new Error('cancelled'));
    await expect(change({ add }, { commit })).rejects.toThrow('cancelled');
    expect(registry.list({ format: 'deb', instance: 'default', distribution: 'bookworm' })).toEqual([]);
    expect(await served()).toEqual({});
  });

  test('when another writer started meanwhile', async () => {
    const add = (await ingest({ name: 'hello', version: '1' })).map((each) => ({ derivative: 'main', package: each }));
    const other = open();
    const commit = async () => {
      await other.ensurePublished({ repository });
    };
    await expect(change({ add }, { commit })).rejects.toMatchObject({
      outcome: 'publish-failure',
    });
    other.close();
    expect(await names('main/binary-amd64/Packages')).toEqual([]);
  });

  test('when a blob changed between reading and copying', async () => {
    const packages = await ingest({ name: 'hello', version: '1' });
    await writeFile(packages[0]?.files[0]?.from as string, 'something else');
    await expect(publish(packages)).rejects.toThrow('while copying');
    expect(await readdir(join(dir, 'tree/.incoming'))).toEqual([]);
  });
});

describe('recover', () => {
  test('finishes a publication whose head moved, and forgets one whose did not', async () => {
    await publish(await ingest({ name: 'hello', version: '1' }));
    const dieAt = (wanted: string) => (step: string) => {
      if (step === wanted) throw new Error('power cut');
    };
    const [second] = await ingest({ name: 'hello', version: '2' });
    const add = [{ derivative: 'main', package: second as IngestedPackage }];
    const before = await served();
    await expect(change({ add }, { step: dieAt('head') })).rejects.toThrow('power cut');
    expect(await served()).toEqual(before);
    registry.close();
    registry = open();
    expect(await registry.recover()).toEqual({ finished: 1, forgotten: 0 });
    expect(await names('main/binary-amd64/Packages')).toEqual(['hello 1', 'hello 2']);
    expect(await registry.recover()).toEqual({ finished: 0, forgotten: 0 });
  });
});

test('publishAccess writes the key and a ready source', async () => {
  const publicKey = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n';
  await registry.publishAccess({ instance: 'default', repositories: [repository], publicKey });
  expect(await readFile(join(dir, 'tree/default/keyring.asc'), 'utf8')).toBe(publicKey);
  const text = await readFile(join(dir, 'tree/default/deb/bookworm.sources'), 'utf8');
  expect(text).toContain('URIs: http://farm/default/deb/\nSuites: bookworm\nComponents: main extra\n');
  expect(text).toContain('Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n');
});
