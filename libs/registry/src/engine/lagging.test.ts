import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestedPackage } from '../model/package.ts';
import { openTestRegistry, type PackageRecipe, type TestRegistry, testRepository } from '../test-registry.ts';

const LAG_MS = 60_000;

let now: number;
let farm: TestRegistry;
beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  farm = await openTestRegistry({ clock: () => now, lagMs: LAG_MS });
});
afterEach(() => farm.close());

/** A package with many paths. */
async function withPaths(recipe: PackageRecipe, paths: number): Promise<IngestedPackage> {
  const made = await farm.make(recipe);
  const contents = Array.from({ length: paths }, (_, index) => `usr/share/${recipe.name}/${index}`.padEnd(55));
  return {
    ...made,
    parts: { ...made.parts, contents: contents.map((path) => `${path} misc/${recipe.name}\n`).join('') },
  };
}

/** Publishes a package, with many paths where that is asked. */
async function add(recipe: PackageRecipe, paths = 1) {
  return farm.change({ add: [{ derivative: 'main', package: await withPaths(recipe, paths) }] });
}

/** The pieces that Contents is made of now; none has the number of another. */
function piecesOfContents(): number[] {
  using database = new DatabaseSync(join(farm.dir, 'registry.db'), { readOnly: true });
  const rows = database.prepare("SELECT body FROM shards WHERE list LIKE 'main/Contents-amd64%' ORDER BY name").all();
  return rows.map(({ body }) => body as number);
}

/** The packages that have a path in Contents; Release tells its digests, packed and not. */
async function inContents(): Promise<string[]> {
  const dists = join(farm.dir, 'tree/default/deb/dists/bookworm');
  const release = await readFile(join(dists, 'Release'), 'utf8');
  expect(release).toMatch(/ main\/Contents-amd64\n/);
  const text = gunzipSync(await readFile(join(dists, 'main/Contents-amd64.gz'))).toString();
  return [...new Set([...text.matchAll(/ misc\/(.*)$/gm)].map(([, name = '']) => name))];
}

test('a small Contents is that of the publication', async () => {
  await add({ name: 'hello' });
  await add({ name: 'other' });
  expect(await inContents()).toEqual(['hello', 'other']);
});

test('a large one lags, catches up in time, and knows all that came and went meanwhile', async () => {
  await add({ name: 'large' }, 80_000);
  await add({ name: 'early' });
  await add({ name: 'gone' });
  expect(await inContents()).toEqual(['large']);
  now += LAG_MS / 2;
  expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(false);
  await farm.change({ remove: [{ name: 'gone' }] });
  now += LAG_MS / 2;
  await add({ name: 'late' });
  expect(await inContents()).toEqual(['early', 'large', 'late']);

  await farm.change({ remove: [{ name: 'early' }] });
  expect(await inContents()).toContain('early');
  now += LAG_MS;
  // As at the start of the publisher, where nobody publishes anything.
  expect(await farm.reopen().ensurePublished({ repository: testRepository })).toBe(true);
  expect(await inContents()).toEqual(['large', 'late']);
  expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(false);
});

test('a large one catches up by itself when nothing more comes', async () => {
  farm.reopen({ clock: Date.now, lagMs: 500 });
  await add({ name: 'large' }, 80_000);
  await add({ name: 'late' });
  await expect.poll(inContents, { timeout: 10_000 }).toEqual(['large', 'late']);
});

describe('after a collection', () => {
  const collect = () => farm.registry.collect({ instance: 'default', graceMs: 0, keepPublications: 1, dryRun: false });
  beforeEach(async () => {
    const large = Array.from({ length: 6 }, (_, index) => withPaths({ name: `large${index}` }, 14_000));
    const add = (await Promise.all(large)).map((each) => ({ derivative: 'main', package: each }));
    await farm.change({ add });
  });

  test('a large one that nothing changed in stays as it is', async () => {
    const before = piecesOfContents();
    expect(before).toHaveLength(6);
    for (const name of ['one', 'two', 'three']) {
      now += LAG_MS;
      await farm.add([{ name }], { derivative: 'extra' });
    }
    expect((await collect()).publications).toBe(3);
    await farm.add([{ name: 'four' }], { derivative: 'extra' });
    expect(piecesOfContents()).toEqual(before);
    now += LAG_MS;
    await add({ name: 'large3a' });
    expect(piecesOfContents().filter((piece) => before.includes(piece))).toHaveLength(5);
    expect(await inContents()).toHaveLength(7);
  });

  test('one that lags knows what it missed, and only the pieces of that are made again', async () => {
    const before = piecesOfContents();
    now += 1000;
    await add({ name: 'large3a' });
    now += 1000;
    await farm.change({ remove: [{ name: 'large5' }, { name: 'large3a' }] });
    now += 1000;
    await farm.add([{ name: 'other' }], { derivative: 'extra' });
    expect((await collect()).publications).toBe(3);
    expect(await inContents()).toContain('large5');
    now += LAG_MS;
    expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(true);
    expect(await inContents()).toEqual(['large0', 'large1', 'large2', 'large3', 'large4']);
    expect(piecesOfContents().filter((piece) => before.includes(piece))).toHaveLength(4);
    expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(false);
  });
});
