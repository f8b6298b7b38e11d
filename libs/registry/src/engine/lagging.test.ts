import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestRegistry, type PackageRecipe, type TestRegistry, testRepository } from '../test-registry.ts';

const LAG_MS = 60_000;

let now: number;
let farm: TestRegistry;
beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  farm = await openTestRegistry({ clock: () => now, lagMs: LAG_MS });
});
afterEach(() => farm.close());

/** Publishes packages, each with many paths where that is asked. */
async function add(recipe: PackageRecipe, paths = 1) {
  const made = await farm.make(recipe);
  const contents = Array.from({ length: paths }, (_, index) => `usr/share/${recipe.name}/${index}`.padEnd(55));
  const parts = { ...made.parts, contents: contents.map((path) => `${path} misc/${recipe.name}\n`).join('') };
  return farm.change({ add: [{ derivative: 'main', package: { ...made, parts } }] });
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
