import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CompilerCachePlace, type CompilerCachesOptions, createCompilerCaches } from './compiler-caches.ts';

const PLACE: CompilerCachePlace = {
  instance: 'default',
  format: 'deb',
  distribution: 'bookworm',
  environment: 'bookworm',
  architecture: 'amd64',
  derivative: 'main',
  artifact: 'hello',
};
/** The tests may be nobody of importance. */
const UID = process.getuid?.() ?? 0;
const KIB = 1024;

let directory: string;
let now = 1_000_000;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-compiled-'));
});
afterEach(() => rm(directory, { recursive: true }));

function caches(more: Partial<CompilerCachesOptions> = {}) {
  return createCompilerCaches({
    ...{ directory: join(directory, 'ccache'), maxBytes: 1e9, artifactBytes: 1e8 },
    clock: () => {
      now += 10_000;
      return now;
    },
    ...more,
  });
}

/** Leaves so much in the cache of an artifact; returns its directory. */
async function fill(all: ReturnType<typeof caches>, artifact: string, bytes: number): Promise<string> {
  const cache = await all.use({ ...PLACE, artifact }, UID);
  await writeFile(join(cache.root, 'result'), Buffer.alloc(bytes, 'x'));
  await cache.release();
  return cache.root;
}

test('what a build left there the next one finds, and nobody else on the host gets in', async () => {
  const root = await fill(caches(), 'hello', KIB);
  const again = await caches().use(PLACE, UID);
  expect(again.root).toBe(root);
  expect(existsSync(join(root, 'result'))).toBe(true);
  expect((await stat(root)).uid).toBe(UID);
  expect((await stat(dirname(root))).mode & 0o777).toBe(0o700);
});

test.each(Object.keys(PLACE) as (keyof CompilerCachePlace)[])('another %s has none of it', async (part) => {
  const all = caches();
  const one = await all.use(PLACE, UID);
  expect((await all.use({ ...PLACE, [part]: 'another' }, UID)).root).not.toBe(one.root);
});

test('of what is too much the least recently used goes', async () => {
  const all = caches({ maxBytes: 250 * KIB });
  const first = await fill(all, 'first', 100 * KIB);
  const second = await fill(all, 'second', 100 * KIB);
  await fill(all, 'first', 100 * KIB);
  const third = await fill(all, 'third', 100 * KIB);
  expect([first, second, third].map(existsSync)).toEqual([true, false, true]);
});

test('what a build uses stays, and is counted when it is over', async () => {
  const all = caches({ maxBytes: 1 });
  const [one, other] = [await all.use(PLACE, UID), await all.use(PLACE, UID)];
  await one.release();
  await all.collect();
  expect(existsSync(one.root)).toBe(true);
  await other.release();
  expect(existsSync(one.root)).toBe(false);
});

test('one that could not be opened is used by nobody', async () => {
  const all = caches({ maxBytes: 1 });
  const root = await fill(caches(), 'hello', KIB);
  const facts = join(dirname(root), 'cache.json');
  await rm(facts);
  await mkdir(facts);
  await expect(all.use(PLACE, UID)).rejects.toThrow('EISDIR');
  await all.collect();
  expect(existsSync(root)).toBe(false);
});

test('one that was filled past its limit goes', async () => {
  const full = await fill(caches({ artifactBytes: 10 * KIB }), 'full', 100 * KIB);
  expect(existsSync(full)).toBe(false);
});

test('one whose build was cut off by the end of the worker is measured anew', async () => {
  const { root } = await caches().use(PLACE, UID);
  await caches().collect();
  expect(existsSync(root)).toBe(true);
  await writeFile(join(root, 'result'), Buffer.alloc(100 * KIB, 'x'));
  await caches({ artifactBytes: 10 * KIB }).collect();
  expect(existsSync(root)).toBe(false);
});

test('a link in it leads nowhere', async () => {
  const outside = join(directory, 'outside');
  await writeFile(outside, 'kept');
  const all = caches({ maxBytes: 1 });
  const cache = await all.use(PLACE, UID);
  await symlink(directory, join(cache.root, 'link'));
  await cache.release();
  expect(existsSync(cache.root)).toBe(false);
  expect(existsSync(outside)).toBe(true);
});
