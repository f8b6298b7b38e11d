import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CheckFinding, CheckRequest } from '../../model/check.ts';
import { openTestRegistry, type TestRegistry, testRepository, testRpmRepository } from '../../test-registry.ts';

const FORMATS = {
  deb: {
    repository: testRepository,
    served: 'dists/bookworm/main/binary-amd64/Packages.gz',
    heads: ['dists/bookworm/InRelease', 'dists/bookworm/Release.gpg', 'dists/bookworm/Release'],
    list: /by-hash\/SHA256\/[0-9a-f]{64}$/,
  },
  rpm: {
    repository: testRpmRepository,
    served: 'el9/main/x86_64/repodata/repomd.xml',
    heads: ['el9/main/x86_64/mirrorlist', 'el9/main/x86_64/repodata/repomd.xml.asc', 'el9/main/x86_64/packages'],
    list: /snapshots\/\d+\/repodata\/[0-9a-f]{64}-primary.xml.gz$/,
  },
} as const;

describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const { repository, served, heads, list } = FORMATS[format];
  let shop: TestRegistry;
  let found: CheckFinding[];
  beforeEach(async () => {
    found = [];
    shop = await openTestRegistry({}, repository);
    await shop.add([{ name: 'hello' }, { name: 'other' }]);
  });
  afterEach(() => shop.close());

  const top = () => join(shop.dir, 'tree/default', format);
  const check = (more: Partial<CheckRequest> = {}) =>
    shop.registry.check({ instance: 'default', dryRun: true, found: (one) => void found.push(one), ...more });
  const clean = { damaged: 0, missing: 0, past: 0, foreign: 0, mended: 0 };
  const told = () => found.map(({ kind, path }) => `${kind} ${basename(path)}`).sort();
  const files = async (pattern: RegExp) => {
    const all = await readdir(top(), { recursive: true, withFileTypes: true });
    const paths = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    return paths.filter((path) => pattern.test(path)).sort();
  };
  const pooled = async (name: string) => (await files(new RegExp(`pool/./${name}/`)))[0] as string;
  /** Another byte in the middle, nothing else. */
  async function flip(path: string): Promise<void> {
    const content = await readFile(path);
    content[content.length >> 1] = (content[content.length >> 1] as number) ^ 1;
    const { atime, mtime } = await stat(path);
    await writeFile(path, content);
    await utimes(path, atime, mtime);
  }

  test('finds nothing where nothing happened, however many publications there are', async () => {
    await shop.change({ remove: [{ name: 'hello' }] });
    await shop.add([{ name: 'hello', version: format === 'deb' ? '2' : '2-1' }], { derivative: 'extra' });
    const { files: read, bytes, ...rest } = await check();
    expect([found, rest]).toEqual([[], clean]);
    expect([read, bytes]).toEqual([expect.toSatisfy((count) => count > 8), expect.toSatisfy((count) => count > 500)]);
  });

  test('tells of a flipped byte, a cut-off and a missing file in the pool, and whose they are', async () => {
    await shop.add([{ name: 'third' }]);
    const [hello, other, third] = await Promise.all(['hello', 'other', 'third'].map(pooled));
    await flip(hello as string);
    await writeFile(other as string, 'x');
    await rm(third as string);
    expect(await check({ dryRun: false })).toMatchObject({ ...clean, damaged: 2, missing: 1 });
    expect(found.find(({ path }) => path.includes('hello'))).toMatchObject({
      message: expect.stringMatching(/sha256 is .* it is of hello/),
      hint: expect.stringContaining('fatbuildrctl registry delete'),
    });
    expect(found.find(({ path }) => path.includes('other'))?.message).toContain('it has 1 bytes');
  });

  test('mends the pool from copies, but from good ones only', async () => {
    const [hello, other] = [await pooled('hello'), await pooled('other')];
    const good = await readFile(hello);
    const copies = join(shop.dir, 'copies');
    await mkdir(copies);
    const recorded = new Map(shop.registry.list(repository).map((one) => [one.name, one.files[0]?.sha256 as string]));
    await writeFile(join(copies, recorded.get('hello') as string), good);
    await writeFile(join(copies, recorded.get('other') as string), 'bad');
    await flip(hello);
    await rm(other);
    const commits: string[] = [];
    const commit = async () => void commits.push('commit');
    const copyOf = (sha256: string) => join(copies, sha256);
    expect(await check({ copyOf, commit })).toMatchObject({ damaged: 1, missing: 1, mended: 0 });
    expect([commits, (await readFile(hello)).equals(good)]).toEqual([[], false]);
    expect(await check({ copyOf, commit, dryRun: false })).toMatchObject({ damaged: 1, missing: 1, mended: 1 });
    expect([commits, (await readFile(hello)).equals(good)]).toEqual([['commit'], true]);
    found = [];
    expect(await check()).toMatchObject({ ...clean, missing: 1 });
  });

  test.each(['flip', 'rm'] as const)('writes the indexes anew: %s', async (how) => {
    const lists = await files(list);
    for (const path of lists) await (how === 'flip' ? flip(path) : rm(path));
    const before = await check();
    expect(before.damaged + before.missing).toBeGreaterThanOrEqual(lists.length);
    expect(told().every((one) => one.startsWith(how === 'flip' ? 'damaged' : 'missing'))).toBe(true);
    const mended = await check({ dryRun: false });
    expect(mended.mended).toBe(mended.damaged + mended.missing);
    found = [];
    // Those of the publication before are past.
    expect(await check()).toMatchObject({ damaged: 0, missing: 0, foreign: 0 });
    expect((await shop.served()).map((one) => one.replace(/ .*/, '')).sort()).toEqual(['hello', 'other']);
    expect(shop.registry.list(repository)).toHaveLength(2);
  });

  test.each([served, ...heads])('gives clients %s again', async (name) => {
    const path = join(top(), name);
    await rm(path);
    await check();
    expect(found.length).toBeGreaterThan(0);
    expect((await check({ dryRun: false })).mended).toBeGreaterThan(0);
    found = [];
    expect([await check(), found]).toMatchObject([clean, []]);
  });

  test('a head that somebody changed is refused, and written again', async () => {
    const path = join(top(), heads[0]);
    await rm(path);
    await writeFile(path, 'anything');
    if (format === 'rpm') await rm(join(top(), heads[2])).then(() => symlink('/', join(top(), heads[2])));
    await check();
    expect(found.some(({ message }) => message.startsWith('clients refuse it'))).toBe(true);
    await check({ dryRun: false });
    expect(await check()).toMatchObject(clean);
  });

  test('a repository without a package is whole', async () => {
    const empty = await openTestRegistry({}, repository);
    await empty.registry.ensurePublished({ repository });
    const request = { instance: 'default', dryRun: true, found: (one: CheckFinding) => void found.push(one) };
    expect([await empty.registry.check(request), found]).toMatchObject([clean, []]);
    await empty.close();
  });

  test('what only earlier publications have is past', async () => {
    const old = (await files(list)).find((path) => /\/main\/(binary-amd64|x86_64)\//.test(path));
    await shop.add([{ name: 'new' }]);
    await rm(old as string);
    expect(await check()).toMatchObject({ ...clean, past: 1 });
    expect(found[0]?.hint).toContain('nothing');
  });

  test('tells of what nobody names, and leaves it', async () => {
    const strays = ['pool/x/stray/file', `${dirname(heads[0])}/note`, 'elsewhere/file', 'note'];
    for (const path of strays) {
      await mkdir(dirname(join(top(), path)), { recursive: true });
      await writeFile(join(top(), path), 'x');
    }
    await symlink('/etc/passwd', join(top(), 'link'));
    const publicKey = 'key';
    await shop.registry.publishAccess({ instance: 'default', repositories: [repository], publicKey });
    expect(await check({ dryRun: false })).toMatchObject({ ...clean, foreign: 5 });
    expect(told()).toEqual(['foreign file', 'foreign file', 'foreign link', 'foreign note', 'foreign note']);
    const byHand = found.filter(({ hint }) => hint.includes('by hand')).map(({ path }) => path);
    expect(byHand.sort()).toEqual([
      `default/${format}/elsewhere/file`,
      `default/${format}/link`,
      `default/${format}/note`,
    ]);
    expect(await readFile(join(top(), 'note'), 'utf8')).toBe('x');
  });

  test('ends when it is told to, between two files', async () => {
    const stop = new AbortController();
    stop.abort(new Error('cancelled'));
    await expect(check({ signal: stop.signal })).rejects.toThrow('cancelled');
  });

  test('beside publishing, deleting and collecting it finds nothing', { timeout: 30_000 }, async () => {
    let over = false;
    const loop = async (work: () => Promise<unknown>) => {
      while (!over) await work();
    };
    const collect = { instance: 'default', graceMs: 0, keepPublications: 2, dryRun: false };
    const loops = [loop(() => check()), loop(() => shop.registry.collect(collect).then(() => setTimeout(20)))];
    try {
      for (let round = 0; round < 8; round += 1) {
        await shop.add([{ name: `always${round}` }, { name: 'sometimes' }]);
        await shop.change({ remove: [{ name: 'sometimes' }] });
      }
    } finally {
      over = true;
      await Promise.all(loops);
    }
    expect(found).toEqual([]);
  });
});

describe('what an RPM repository passes through', () => {
  const top = (shop: TestRegistry) => join(shop.dir, 'tree/default/rpm/el9/main/x86_64');
  const content = Buffer.from('<comps/>');

  test.each(['damaged', 'missing'] as const)('is written anew where it is %s', async (kind) => {
    const shop = await openTestRegistry({}, testRpmRepository);
    const metadata = [{ derivative: 'main', architecture: 'x86_64', type: 'group' as const, content }];
    await shop.change({ metadata });
    await shop.add([{ name: 'hello' }]);
    const comps = async () => {
      const names = await readdir(join(top(shop), 'repodata'));
      return join(top(shop), 'repodata', names.find((name) => name.endsWith('-comps.xml.gz')) as string);
    };
    const snapshots = await readdir(join(top(shop), 'snapshots'));
    const places = [await comps(), ...snapshots.map((one) => join(top(shop), 'snapshots', one, 'repodata'))];
    for (const [index, place] of places.entries()) {
      const path = index === 0 ? place : join(place, basename(places[0] as string));
      if (kind === 'missing') await rm(path);
      else await writeFile(path, 'nonsense');
    }
    const request = { instance: 'default', found: () => {} };
    expect(await shop.registry.check({ ...request, dryRun: true })).toMatchObject({ mended: 0 });
    expect((await shop.registry.check({ ...request, dryRun: false })).mended).toBeGreaterThan(0);
    expect(gunzipSync(await readFile(await comps()))).toEqual(content);
    expect(await shop.registry.check({ ...request, dryRun: true })).toMatchObject({ damaged: 0, missing: 0 });
    await shop.add([{ name: 'other' }]);
    expect(gunzipSync(await readFile(await comps()))).toEqual(content);
    await shop.close();
  });
});
