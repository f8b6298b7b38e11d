import { afterEach, describe, expect, test } from 'vitest';
import {
  openTestRegistry,
  type PackageRecipe,
  type TestRegistry,
  testRepository,
  testRpmRepository,
} from '../test-registry.ts';

let shop: TestRegistry;
afterEach(() => shop.close());

async function publish(format: 'deb' | 'rpm', recipes: PackageRecipe[], derivative = 'main'): Promise<void> {
  const more = format === 'deb' ? { architectures: ['amd64', 'arm64'] } : {};
  const repository = { ...(format === 'deb' ? testRepository : testRpmRepository), ...more };
  shop = await openTestRegistry({}, repository);
  await shop.add(recipes, { derivative });
}

async function broken(...remove: { name: string; version?: string; derivative?: string }[]): Promise<string[]> {
  const [ref] = [testRepository, testRpmRepository].filter((each) => shop.registry.revisions(each));
  const found = await shop.registry.impact(ref as typeof testRepository, remove);
  return found.map((each) => `${each.package.name}: ${each.needs}${each.certain ? '' : '?'}`).sort();
}

test('looks back at an earlier publication, and ends when it is told to', async () => {
  await publish('deb', [{ name: 'lib' }, { name: 'app', relations: { Depends: 'lib' } }]);
  await shop.change({ remove: [{ name: 'lib' }] });
  const impact = (options: object) => shop.registry.impact(testRepository, [{ name: 'lib' }], [], options);
  expect(await impact({})).toEqual([]);
  expect(await impact({ revision: 1 })).toMatchObject([{ package: { name: 'app' }, needs: 'lib', certain: true }]);
  await expect(impact({ revision: 1, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});

describe('deb', () => {
  test('tells what needs what goes, and what needs that', async () => {
    await publish('deb', [
      { name: 'lib' },
      { name: 'app', relations: { Depends: 'libc6, lib (>= 1)' } },
      { name: 'early', relations: { 'Pre-Depends': 'lib:any' } },
      { name: 'late', relations: { Depends: 'early' } },
      { name: 'stranger', relations: { Depends: 'elsewhere' } },
    ]);
    expect(await broken({ name: 'lib' })).toEqual(['app: lib (>= 1)', 'early: lib:any', 'late: early']);
    expect(await broken({ name: 'lib' }, { name: 'app' })).toEqual(['early: lib:any', 'late: early']);
    expect(await broken({ name: 'app' })).toEqual([]);
  });

  const app = 'app: lib (<< 2)';
  test.each<[string, PackageRecipe, string, string[]]>([
    ['another version will do', { name: 'lib', version: '2' }, 'lib (>= 1)', []],
    ['another version is too new', { name: 'lib', version: '2' }, 'lib (<< 2)', [app]],
    ['an alternative is here', { name: 'other' }, 'lib | other', []],
    ['another provides it', { name: 'other', relations: { Provides: 'lib' } }, 'lib', []],
    ['another provides it without a version', { name: 'other', relations: { Provides: 'lib' } }, 'lib (<< 2)', [app]],
    ['another provides that version', { name: 'other', relations: { Provides: 'lib (= 1)' } }, 'lib (<< 2)', []],
    ['it is not understood', { name: 'other' }, 'lib [amd64]', ['app: lib [amd64]?']],
    ['another architecture has it', { name: 'lib', version: '2', architecture: 'arm64' }, 'lib', ['app: lib']],
  ])('%s', async (_, other, depends, expected) => {
    await publish('deb', [{ name: 'lib' }, other, { name: 'app', relations: { Depends: depends } }]);
    expect(await broken({ name: 'lib', version: '1' })).toEqual(expected);
  });

  test('a package for all architectures is one for each', async () => {
    const lib = { name: 'lib' };
    const app = { name: 'app', architecture: 'all', relations: { Depends: 'lib' } };
    await publish('deb', [lib, { ...lib, architecture: 'arm64' }, app]);
    expect(await shop.registry.impact(testRepository, [{ ...lib, architecture: 'amd64' }])).toMatchObject([
      { package: { name: 'app' }, certain: true },
    ]);
  });

  test('what only another derivative has may not be seen', async () => {
    await publish('deb', [{ name: 'lib' }, { name: 'app', relations: { Depends: 'lib' } }]);
    await shop.add([{ name: 'lib' }], { derivative: 'extra' });
    expect(await broken({ name: 'lib', derivative: 'main' })).toEqual(['app: lib?']);
    expect(await broken({ name: 'lib', derivative: 'extra' })).toEqual([]);
  });

  test('what comes meanwhile is there', async () => {
    await publish('deb', [{ name: 'lib' }, { name: 'app', relations: { Depends: 'lib' } }]);
    const add = shop.registry.list(testRepository).filter(({ name }) => name === 'lib');
    expect(await shop.registry.impact(testRepository, [{ name: 'lib' }], add)).toEqual([]);
  });
});

describe('rpm', () => {
  const lib = {
    name: 'lib',
    owns: ['/usr/bin/tool', '/usr/share/a&b'],
    relations: { provides: 'cap = 1-1, lib = 1-1, often = 1-1' },
  };

  /** What `app` needs, whether that is certain once `lib` goes; null: it is met all the same. */
  const NEEDS: [string, boolean | null][] = [
    ['lib', true],
    ['lib >= 1', true],
    ['lib > 1-1', null],
    ['cap = 1', true],
    ['/usr/bin/tool', true],
    ['/usr/share/a&b', true],
    ['/usr/bin/other', null],
    ['(lib and other)', true],
    ['(lib or other)', null],
    ['(lib or nowhere)', true],
    ['(lib if other)', false],
    ['(other if lib)', null],
    ['(lib if other else cap)', true],
    ['(lib if other else other)', false],
    ['(lib unless other)', true],
    ['(cap >= 1 with lib)', true],
    ['(both with often)', null],
    ['(both without often)', null],
    ['(often without both)', true],
    ['((lib or nowhere) and other)', true],
    ['(/usr/bin/tool or nowhere)', true],
    ['(lib nor other)', false],
    ['(other nor both)', null],
  ];

  test('relations, paths and boolean dependencies', async () => {
    const apps = NEEDS.map(([requires], index) => ({ name: `app${index}`, relations: { requires } }));
    const both = { name: 'both', relations: { provides: 'both = 1-1, often = 1-1' } };
    await publish('rpm', [lib, { name: 'other' }, both, ...apps]);
    const expected = NEEDS.flatMap(([needs, certain], index) =>
      certain === null ? [] : `app${index}: ${needs}${certain ? '' : '?'}`,
    );
    expect(await broken({ name: 'lib' })).toEqual(expected.sort());
  });

  test('a file that another owns too', async () => {
    const app = { name: 'app', relations: { requires: '/usr/bin/tool' } };
    await publish('rpm', [lib, app, { name: 'other', owns: ['/usr/bin/tool'] }]);
    expect(await broken({ name: 'lib' })).toEqual([]);
    expect(await broken({ name: 'lib' }, { name: 'other' })).toEqual(['app: /usr/bin/tool']);
  });

  test('packages of one directory serve each other', async () => {
    const [old, app] = [
      { ...lib, architecture: 'x86_64_v2' },
      { name: 'app', relations: { requires: 'lib' } },
    ];
    await publish('rpm', [lib, old, app]);
    expect(await broken({ name: 'lib' })).toEqual(['app: lib']);
  });
});
