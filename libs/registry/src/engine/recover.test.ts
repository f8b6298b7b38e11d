import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  identities,
  openTestRegistry,
  type TestRegistry,
  testRepository,
  testRpmRepository,
} from '../test-registry.ts';

const FORMATS = {
  deb: { repository: testRepository, other: { ...testRepository, distribution: 'trixie' }, lists: /by-hash\/SHA256\// },
  rpm: {
    repository: testRpmRepository,
    other: { ...testRpmRepository, distribution: 'el10' },
    lists: /snapshots\/.*primary.xml/,
  },
} as const;

describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const { repository, other, lists } = FORMATS[format];
  let shop: TestRegistry;
  beforeEach(async () => {
    shop = await openTestRegistry({}, repository);
    await shop.add([{ name: 'hello' }]);
    await shop.add([{ name: 'hello' }], { repository: other });
  });
  afterEach(() => shop.close());

  /** As somebody does who tidies up. */
  async function removeLists(): Promise<void> {
    const top = join(shop.dir, 'tree/default', format, format === 'deb' ? 'dists/bookworm' : 'el9');
    const files = await readdir(top, { recursive: true, withFileTypes: true });
    const gone = files.map((file) => join(file.parentPath, file.name)).filter((path) => lists.test(path));
    expect(gone.length).toBeGreaterThan(0);
    for (const path of gone) await rm(path);
  }

  const troubled = () => shop.registry.troubles().map(({ distribution }) => distribution);

  test('one damaged repository holds up neither the start nor the others, and a check mends it', async () => {
    await removeLists();
    const registry = shop.reopen();
    expect(await registry.recover()).toEqual({ finished: 0, forgotten: 0 });
    expect(troubled()).toEqual([repository.distribution]);
    const { changed } = await shop.add([{ name: 'another' }], { repository: other });
    expect(changed).toBe(true);
    await expect(shop.add([{ name: 'late' }])).rejects.toMatchObject({
      outcome: 'infrastructure-failure',
      message: expect.stringContaining('clients could not be given it'),
      hint: expect.stringContaining('registry check'),
    });

    const began = performance.now();
    const request = { instance: 'default', dryRun: false, found: () => {} };
    const { mended } = await registry.check(request);
    // Nobody is at work on it: nothing is waited for.
    expect(performance.now() - began).toBeLessThan(5000);
    expect(mended).toBeGreaterThan(0);
    expect(troubled()).toEqual([]);
    expect(await registry.check(request)).toMatchObject({ damaged: 0, missing: 0 });
    await shop.add([{ name: 'late' }]);
    expect((await shop.served()).map((one) => one.replace(/ .*/, '')).sort()).toEqual(['hello', 'late']);
    expect(identities(registry.list(other))).toHaveLength(2);
  });

  test('what is damaged is told of until it is well again, also by itself', async () => {
    const held = join(shop.dir, 'tree/default', format, format === 'deb' ? 'dists/bookworm' : 'el9');
    await rm(held, { recursive: true });
    const registry = shop.reopen();
    await registry.recover();
    await expect(registry.ensurePublished({ repository })).rejects.toThrow('clients could not be given it');
    expect(troubled()).toEqual([repository.distribution]);
    expect(await registry.ensurePublished({ repository: other })).toBe(false);
    await registry.check({ instance: 'default', dryRun: false, found: () => {} });
    expect([troubled(), await registry.ensurePublished({ repository })]).toEqual([[], false]);
  });
});
