import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestRegistry, type TestRegistry, testRepository } from '../test-registry.ts';

const DAY = 86_400_000;
let now = Date.UTC(2026, 0, 1);
let shop: TestRegistry;
beforeEach(async () => {
  shop = await openTestRegistry({ clock: () => now });
});
afterEach(() => shop.close());

const collect = (more: Partial<Parameters<TestRegistry['registry']['collect']>[0]> = {}) =>
  shop.registry.collect({ instance: 'default', graceMs: 3 * DAY, keepPublications: 1, dryRun: false, ...more });
const pool = async () =>
  (await readdir(join(shop.dir, 'tree/default/deb/pool'), { recursive: true })).filter((path) => path.endsWith('.deb'));
const byHash = () => readdir(join(shop.dir, 'tree/default/deb/dists/bookworm/main/binary-amd64/by-hash/SHA256'));

async function twoThenOne(): Promise<void> {
  await shop.add([{ name: 'hello' }, { name: 'other' }]);
  now += 1000;
  await shop.change({ remove: [{ name: 'hello' }] });
}

test('keeps what was replaced a moment ago, then removes publications, indexes, packages and files', async () => {
  await twoThenOne();
  now += 2 * DAY;
  expect(await collect()).toEqual({ publications: 0, packages: 0, files: 0, bytes: 0 });
  now += 2 * DAY;
  const dry = await collect({ dryRun: true });
  expect(dry).toMatchObject({ publications: 1, packages: 1 });
  expect([await pool(), await byHash()].map(({ length }) => length)).toEqual([2, 2]);
  expect(await collect()).toEqual(dry);
  expect([await pool(), await byHash()].map(({ length }) => length)).toEqual([1, 1]);
  expect(existsSync(join(shop.dir, 'tree/default/deb/dists/bookworm/by-revision/1'))).toBe(false);
  expect(await readdir(join(shop.dir, 'tree/default/deb/pool'))).toEqual(['o']);
  expect(shop.registry.publications(testRepository).map(({ revision }) => revision)).toEqual([2]);
  const [other] = shop.registry.list(testRepository);
  expect([other?.since, other?.published]).toEqual([1, Date.UTC(2026, 0, 1)]);
  expect(await collect()).toEqual({ publications: 0, packages: 0, files: 0, bytes: 0 });
  await shop.add([{ name: 'hello' }]);
  expect(await shop.served()).toEqual(['hello 1', 'other 1']);
});

test('keeps so many of the newest publications, and what they hold', async () => {
  await twoThenOne();
  now += 9 * DAY;
  expect((await collect({ keepPublications: 2 })).publications).toBe(0);
  const repository = testRepository;
  await shop.registry.rollback({ repository, revision: 1, task: 'back' });
  expect(await shop.served()).toEqual(['hello 1', 'other 1']);
});

test('removes what nobody names in the pool, once that is no news', async () => {
  await twoThenOne();
  const dir = join(shop.dir, 'tree/default/deb/pool/x/stray');
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'stray_1_all.deb'), 'stray');
  now = Date.now();
  expect(await collect({ keepPublications: 9 })).toMatchObject({ files: 0 });
  now += 4 * DAY;
  expect(await collect({ keepPublications: 9 })).toEqual({ publications: 0, packages: 0, files: 1, bytes: 5 });
  expect(existsSync(join(dir, '..'))).toBe(false);
});

test('beside publishing, deleting and promoting nothing is lost', async () => {
  let over = false;
  const collecting = (async () => {
    for (; !over; await setTimeout(5)) await collect({ graceMs: 0 });
  })();
  try {
    for (let round = 0; round < 15; round += 1) {
      now += 1000;
      await shop.add([{ name: 'hello' }, { name: `always${round}` }]);
      const from = { distribution: 'bookworm', derivative: 'main', selectors: [{ name: 'hello' }] };
      await shop.registry.promote({ repository: testRepository, from, derivative: 'extra', task: `promote${round}` });
      await shop.change({ remove: [{ name: 'hello' }] });
    }
  } finally {
    over = true;
    await collecting;
  }
  await collect({ graceMs: 0 });
  for (const { files } of shop.registry.list(testRepository)) {
    for (const { path } of files) expect(existsSync(join(shop.dir, 'tree/default/deb', path))).toBe(true);
  }
  expect(await pool()).toHaveLength(15);
});
