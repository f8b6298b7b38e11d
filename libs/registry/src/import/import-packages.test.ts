import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDeb } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identities, testRepository } from '../test-registry.ts';
import { directoryFiles } from './directory.ts';
import { openImports } from './test-origin.ts';

let imports: Awaited<ReturnType<typeof openImports>>;
let number = 0;
let name: string;
beforeAll(async () => {
  imports = await openImports(makeDeb);
});
afterAll(() => imports.close());
beforeEach(() => {
  number += 1;
  name = `repository${number}`;
});

const rejected = (message: string) =>
  expect.objectContaining({ outcome: 'rejected', message: expect.stringContaining(message) });
const published = (source: string) => identities(imports.farm.registry.list({ ...testRepository, source }));
const recipes = (...versions: string[]) => versions.map((version) => ({ name, version }));

test('a version that is there with other content refuses all, or is left out', async () => {
  await imports.import(await imports.suite(`${name}-a`, recipes('1', '2')));
  const other = await imports.suite(`${name}-b`, [{ name, version: '1', control: 'Depends: x\n' }, ...recipes('3')]);
  await expect(imports.import(other)).rejects.toEqual(rejected(`there is a package that bookworm has`));
  expect(published(name)).toEqual([`${name} 1`, `${name} 2`]);
  const { added, log } = await imports.import(other, { skipConflicts: true });
  expect(identities(added)).toEqual([`${name} 3`]);
  expect(log).toContain(`other content: ${name} 1 (amd64)`);
});

test('one version twice in a repository, with other bytes, is a conflict too', async () => {
  const twice = [{ name, version: '1', control: 'Depends: x\n', path: 'pool/other.deb' }, ...recipes('1')];
  await expect(imports.import(await imports.suite(name, twice))).rejects.toEqual(rejected('given twice'));
});

test('a version that is there for all architectures is a conflict for one, also in a dry run', async () => {
  await imports.import(await imports.suite(`${name}-a`, [{ name, version: '1', architecture: 'all' }]));
  const directory = await imports.suite(`${name}-b`, recipes('1', '2'));
  for (const dryRun of [true, false]) {
    await expect(imports.import(directory, { dryRun })).rejects.toEqual(rejected(`other content: ${name} 1 (amd64)`));
    const { added } = await imports.import(directory, { dryRun, skipConflicts: true });
    expect(identities(added)).toEqual([`${name} 2`]);
  }
});

describe('what others publish while an import brings its packages', () => {
  const meanwhile = (publish: () => Promise<unknown>, more: Partial<Parameters<typeof imports.import>[1]> = {}) => ({
    inTurn: async <T>(own: () => Promise<T>) => {
      await publish();
      return own();
    },
    ...more,
  });

  test('is a conflict as what was there before: it refuses all and says what to do, or is left out', async () => {
    const directory = await imports.suite(name, recipes('1', '2', '3'));
    const other = () => imports.farm.add([{ name, version: '2', bytes: 'other' }]);
    const refused = imports.import(directory, meanwhile(other));
    await expect(refused).rejects.toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining(`with other content: ${name} 2 (amd64)`),
      hint: expect.stringContaining('--skip-conflicts'),
    });
    expect(published(name)).toEqual([`${name} 2`]);

    const third = () => imports.farm.add([{ name, version: '3', bytes: 'other' }]);
    const { added, log } = await imports.import(directory, meanwhile(third, { skipConflicts: true }));
    expect(identities(added)).toEqual([`${name} 1`]);
    expect(log).toContain(
      `left out: a package that bookworm has or had, or is given twice, with other content: ${name} 2`,
    );
    expect(log).toContain(
      `left out: a package that bookworm has or had, or is given twice, with other content: ${name} 3`,
    );
  });

  test('is nothing to it when it is the same', async () => {
    const directory = await imports.suite(name, recipes('1', '2'));
    const first = () => imports.import(directory, { selectors: [{ source: name, version: '1' }] });
    expect(identities((await imports.import(directory, meanwhile(first))).added)).toEqual([`${name} 2`]);
  });

  test('may make a version that comes too old', async () => {
    const repository = { ...testRepository, keepVersions: 2 };
    const directory = await imports.suite(name, recipes('1', '2'));
    const newer = () => imports.farm.add([{ name, version: '3' }]);
    const { added, log } = await imports.import(directory, meanwhile(newer, { repository }));
    expect(identities(added)).toEqual([`${name} 2`]);
    expect(log).toContain(`left out, since bookworm keeps 2 versions: ${name} 1`);
    expect(published(name)).toEqual([`${name} 2`, `${name} 3`]);
  });
});

test('a version that was published with other content is a conflict, also in a dry run', async () => {
  await imports.farm.add([{ name, version: '1', bytes: 'former' }]);
  await imports.farm.change({ remove: [{ source: name }] });
  const directory = await imports.suite(name, recipes('1', '2'));
  for (const dryRun of [true, false]) {
    await expect(imports.import(directory, { dryRun })).rejects.toEqual(
      rejected(`with other content: ${name} 1 (amd64; published up to revision`),
    );
    const { added } = await imports.import(directory, { dryRun, skipConflicts: true });
    expect(identities(added)).toEqual([`${name} 2`]);
  }
});

test('what is not asked for, for other machines, or too old is left out', async () => {
  const others = [
    { name: `${name}-x`, version: '1' },
    { name, version: '1', architecture: 'arm64' },
  ];
  const directory = await imports.suite(name, [...recipes('1', '2', '10'), ...others]);
  const first = await imports.import(directory, { selectors: [{ source: name, version: '1' }] });
  expect(identities(first.added)).toEqual([`${name} 1`]);
  expect(first.log).toContain('left out: a package for arm64, which bookworm does not have');
  const { added, removed, log } = await imports.import(directory, {
    selectors: [{ source: name }],
    repository: { ...testRepository, keepVersions: 2 },
  });
  expect(identities(added)).toEqual([`${name} 2`, `${name} 10`]);
  expect(identities(removed)).toEqual([`${name} 1`]);
  expect(log).toContain(`left out, since bookworm keeps 2 versions: ${name} 1`);
  await expect(imports.import(directory, { selectors: [{ source: 'missing' }] })).rejects.toEqual(
    rejected('nothing in that repository matches missing'),
  );
});

test('a dry run tells what would come, and reads no package', async () => {
  const directory = await imports.suite(name, recipes('1', '2'));
  const files = await directoryFiles(directory, [directory]);
  const asked: string[] = [];
  const copy: typeof files.copy = (path, ...rest) => {
    asked.push(path);
    return files.copy(path, ...rest);
  };
  const { added, changed, log } = await imports.import({ ...files, copy }, { dryRun: true });
  expect(changed).toBe(false);
  expect(identities(added)).toEqual([`${name} 1`, `${name} 2`]);
  expect(log).toContain('2 packages: 0 published already, 0 in the pool, 2 to be brought');
  expect(asked.filter((path) => path.startsWith('pool/'))).toEqual([]);
  expect(published(name)).toEqual([]);
});

test('an import that ended goes on where it was, in another process too', { timeout: 30_000 }, async () => {
  const versions = Array.from({ length: 120 }, (_, index) => `1.${index}`);
  const directory = await imports.suite(name, recipes(...versions));
  const files = await directoryFiles(directory, [directory]);
  const asked = new Set<string>();
  const stop = new AbortController();
  const copy: typeof files.copy = (path, ...rest) => {
    if (path.startsWith('pool/')) asked.add(path);
    if (asked.size === 110) stop.abort(new Error('enough'));
    return files.copy(path, ...rest);
  };
  await expect(imports.import({ ...files, copy }, { signal: stop.signal })).rejects.toThrow('enough');
  expect(published(name)).toEqual([]);
  await imports.farm.reopen().recover();
  expect(await readdir(imports.farm.registry.scratch)).toEqual([]);
  asked.clear();
  const { added, log } = await imports.import({ ...files, copy: (...all) => copy(...all) });
  expect(added).toHaveLength(120);
  expect(log).toContain('120 packages: 0 published already, 100 in the pool, 20 to be brought');
  expect(asked.size).toBe(20);
});

test('a collector leaves alone what an import gathers, and takes it when nothing came of it', {
  timeout: 30_000,
}, async () => {
  const directory = await imports.suite(name, recipes('1', '2'));
  const collect = () =>
    imports.farm.registry.collect({ instance: 'default', graceMs: 0, keepPublications: 1, dryRun: false });
  await collect();
  const step = async (at: string) => {
    if (at === 'start') expect(await collect()).toMatchObject({ packages: 0, files: 0 });
    if (at === 'verified') throw new Error('the signer is away');
  };
  await expect(imports.import(directory, { step })).rejects.toThrow('the signer is away');
  expect(await collect()).toMatchObject({ packages: 2, files: expect.any(Number) });
  await imports.import(directory);
  expect(published(name)).toHaveLength(2);
  expect(await readdir(join(imports.farm.dir, 'tree/.incoming'))).toEqual([]);
});
