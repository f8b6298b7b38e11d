import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestRegistry, type TestRegistry, testRepository, testRpmRepository } from '../test-registry.ts';

const DAY = 86_400_000;
const ROUNDS = 6;
const NOTHING = { publications: 0, packages: 0, files: 0, bytes: 0 };

/** Of each format: where its lists are, how many of them two publications have, and where a publication has its own. */
const FORMATS = {
  deb: {
    repository: testRepository,
    version: '1',
    lists: ['dists/bookworm/main/binary-amd64/by-hash/SHA256'],
    revision: (revision: number) => `dists/bookworm/by-revision/${revision}`,
  },
  rpm: {
    repository: testRpmRepository,
    version: '1-1',
    lists: ['el9/main/x86_64/repodata', 'el9/main/x86_64/snapshots'],
    revision: (revision: number) => `el9/main/x86_64/snapshots/${revision}`,
  },
} as const;

describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const { repository, version, lists, revision } = FORMATS[format];
  let now: number;
  let shop: TestRegistry;
  beforeEach(async () => {
    now = Date.UTC(2026, 0, 1);
    shop = await openTestRegistry({ clock: () => now }, repository);
  });
  afterEach(() => shop.close());

  const collect = (more: Partial<Parameters<TestRegistry['registry']['collect']>[0]> = {}) =>
    shop.registry.collect({ instance: 'default', graceMs: 3 * DAY, keepPublications: 1, dryRun: false, ...more });
  const below = (path: string) => join(shop.dir, 'tree/default', format, path);
  const pool = async () =>
    (await readdir(below('pool'), { recursive: true })).filter((path) => /\.(deb|rpm)$/.test(path));
  const listed = async () => (await Promise.all(lists.map((path) => readdir(below(path))))).flat().length;

  async function twoThenOne(): Promise<void> {
    await shop.add([{ name: 'hello' }, { name: 'other' }]);
    now += 1000;
    await shop.change({ remove: [{ name: 'hello' }] });
  }

  test('keeps what was replaced a moment ago, then removes publications, indexes, packages and files', async () => {
    await twoThenOne();
    const before = await listed();
    now += 2 * DAY;
    expect(await collect()).toEqual(NOTHING);
    now += 2 * DAY;
    const dry = await collect({ dryRun: true });
    expect(dry).toMatchObject({ publications: 1, packages: 1 });
    expect([(await pool()).length, await listed()]).toEqual([2, before]);
    expect(await collect()).toEqual(dry);
    expect((await pool()).length).toBe(1);
    expect(await listed()).toBeLessThan(before);
    expect(existsSync(below(revision(1)))).toBe(false);
    expect(existsSync(below(revision(2)))).toBe(true);
    expect(await readdir(below('pool'))).toEqual(['o']);
    expect(shop.registry.publications(repository).map((each) => each.revision)).toEqual([2]);
    const [other] = shop.registry.list(repository);
    expect([other?.since, other?.published]).toEqual([1, Date.UTC(2026, 0, 1)]);
    expect(await collect()).toEqual(NOTHING);
    await shop.add([{ name: 'hello' }]);
    expect((await shop.served()).sort()).toEqual([`hello ${version}`, `other ${version}`]);
  });

  test('keeps so many of the newest publications, and what they hold', async () => {
    await twoThenOne();
    now += 9 * DAY;
    expect((await collect({ keepPublications: 2 })).publications).toBe(0);
    await shop.registry.rollback({ repository, revision: 1, task: 'back' });
    expect((await shop.served()).sort()).toEqual([`hello ${version}`, `other ${version}`]);
  });

  test('removes what nobody names in the pool, once that is no news', async () => {
    await twoThenOne();
    const stray = below('pool/x/stray/file');
    await mkdir(dirname(stray), { recursive: true });
    await writeFile(stray, 'stray');
    now = Date.now();
    expect(await collect({ keepPublications: 9 })).toEqual(NOTHING);
    now += 4 * DAY;
    expect(await collect({ keepPublications: 9 })).toEqual({ ...NOTHING, files: 1, bytes: 5 });
    expect(existsSync(below('pool/x'))).toBe(false);
  });

  test('keeps the publication that clients are given while the next one takes its place', async () => {
    await shop.add([{ name: 'hello' }]);
    now += 1000;
    const collected: unknown[] = [];
    const step = async (step: string) => {
      if (step !== 'head') return;
      collected.push(await collect({ graceMs: 0 }));
      expect(await shop.served()).toEqual([`hello ${version}`]);
    };
    await shop.change({ remove: [{ name: 'hello' }] }, { step });
    expect(collected).toEqual([NOTHING]);
    expect((await collect({ graceMs: 0 })).publications).toBe(1);
  });

  test('beside publishing, deleting and promoting nothing is lost, however often it is called', {
    timeout: 20_000,
  }, async () => {
    let over = false;
    const collecting = (async () => {
      while (!over) await collect({ graceMs: 0 });
    })();
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        now += 1000;
        await shop.add([{ name: 'hello' }, { name: `always${round}` }]);
        const from = { ...repository, derivative: 'main', selectors: [{ name: 'hello' }] };
        await shop.registry.promote({ repository, from, derivative: 'extra', task: `promote${round}` });
        await shop.change({ remove: [{ name: 'hello' }] });
      }
    } finally {
      over = true;
      await collecting;
    }
    // Publications of RPMs are dated a second apart at least, ahead of the clock if need be.
    now += DAY;
    await collect({ graceMs: 0 });
    for (const { files } of shop.registry.list(repository)) {
      for (const { path } of files) expect(existsSync(below(path))).toBe(true);
    }
    expect(await pool()).toHaveLength(ROUNDS);
  });
});

test('without anything to do it leaves others their turn', async () => {
  const shop = await openTestRegistry();
  const turn = setTimeout(1).then(() => 'turn');
  const collecting = (async () => {
    for (let round = 0; round < 1e6; round += 1) {
      await shop.registry.collect({ instance: 'default', graceMs: 0, keepPublications: 1, dryRun: false });
      if ((await Promise.race([turn, Promise.resolve()])) === 'turn') return 'turn';
    }
    return 'starved';
  })();
  expect(await collecting).toBe('turn');
  await shop.close();
});
