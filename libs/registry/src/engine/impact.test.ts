import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestRegistry, type TestRegistry, testRepository } from '../test-registry.ts';

let shop: TestRegistry;
beforeEach(async () => {
  shop = await openTestRegistry();
});
afterEach(() => shop.close());

interface Recipe {
  name: string;
  version?: string;
  architecture?: string;
  relations?: Record<string, string>;
}

async function publish(recipes: Recipe[]): Promise<void> {
  const packages = await Promise.all(
    recipes.map(async ({ relations = {}, ...recipe }) => ({ ...(await shop.make(recipe)), relations })),
  );
  await shop.change({ add: packages.map((each) => ({ derivative: 'main', package: each })) });
}

const broken = (...remove: { name: string; version?: string }[]) =>
  shop.registry.impact(testRepository, remove).map((each) => `${each.package.name}: ${each.needs}`);

test('tells what needs what goes', async () => {
  await publish([
    { name: 'lib' },
    { name: 'app', relations: { Depends: 'libc6, lib (>= 1)' } },
    { name: 'early', relations: { 'Pre-Depends': 'lib:any' } },
    { name: 'stranger', relations: { Depends: 'elsewhere' } },
  ]);
  expect(broken({ name: 'lib' }).sort()).toEqual(['app: lib >= 1', 'early: lib']);
  expect(broken({ name: 'lib' }, { name: 'app' })).toEqual(['early: lib']);
  expect(broken({ name: 'app' })).toEqual([]);
});

test.each([
  ['another version will do', { name: 'lib', version: '2' }, 'lib (>= 1)', []],
  ['another version is too new', { name: 'lib', version: '2' }, 'lib (<< 2)', ['app: lib << 2']],
  ['an alternative is here', { name: 'other' }, 'lib | other', []],
  ['another provides it', { name: 'other', relations: { Provides: 'lib' } }, 'lib', []],
  [
    'another provides it without a version',
    { name: 'other', relations: { Provides: 'lib' } },
    'lib (= 1)',
    ['app: lib = 1'],
  ],
  ['another provides that version', { name: 'other', relations: { Provides: 'lib (= 1)' } }, 'lib (= 1)', []],
])('%s', async (_, other, depends, expected) => {
  await publish([{ name: 'lib' }, other, { name: 'app', relations: { Depends: depends } }]);
  expect(broken({ name: 'lib', version: '1' })).toEqual(expected);
});
