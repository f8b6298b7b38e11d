import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDeb } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestWorkshop, type TestWorkshop } from '../test-workshop.ts';

let shop: TestWorkshop;
beforeEach(async () => {
  shop = await openTestWorkshop();
  await shop.start(shop.keyringOrder()).running.over;
  await shop.start(shop.publishOrder(await shop.store([await makeDeb({ name: 'hello', version: '1' })]))).running.over;
});
afterEach(() => shop.close());

async function check(dryRun = false) {
  const notes = shop.start({ kind: 'registry-check', instance: 'default', dryRun });
  await notes.running.over;
  return notes;
}

const deb = () =>
  join(shop.directory, 'tree/default/deb', shop.workshop.registry.list(published)[0]?.files[0]?.path ?? '');
const published = { instance: 'default', format: 'deb', distribution: 'bookworm' } as const;

test('a whole repository is found whole, and nothing is committed', async () => {
  const { result, log, commits, events } = await check();
  expect(result).toMatchObject({ outcome: 'success', publication: { publications: [], preview: null } });
  expect(log).toMatch(/read \d+ files of \d+ bytes: 0 damaged, 0 missing, 0 that nothing names$/m);
  expect([commits, events]).toEqual([0, ['begin check', 'end check']]);
});

test('a damaged package is told of, then taken from its build', async () => {
  const good = await readFile(deb());
  await writeFile(deb(), 'bad');
  const dry = await check(true);
  expect(dry.result).toMatchObject({
    outcome: 'publish-failure',
    cause: { message: '1 published files are damaged or missing', hint: expect.stringContaining('log') },
  });
  expect(dry.log).toMatch(
    /damaged: default\/deb\/pool\/.*: it has 3 bytes, not \d+; it is of hello 1 \(amd64\)\n {4}put a copy/,
  );
  expect([dry.commits, (await readFile(deb())).length]).toEqual([0, 3]);
  const { result, log, commits } = await check();
  expect([result?.outcome, commits]).toEqual(['success', 1]);
  expect(log).toContain('1 damaged, 0 missing, 0 that nothing names, 1 mended');
  expect((await readFile(deb())).equals(good)).toBe(true);
});

test('without a copy the task fails', async () => {
  await rm(shop.workshop.blobPath(shop.workshop.registry.list(published)[0]?.digest ?? ''));
  await rm(deb());
  expect((await check()).result?.outcome).toBe('publish-failure');
});

test('indexes are written anew, and the api is told of the publication', async () => {
  await rm(join(shop.dists, 'InRelease'));
  const before = shop.told.length;
  expect((await check()).result?.outcome).toBe('success');
  expect(shop.told.slice(before)).toContainEqual(expect.objectContaining({ distribution: 'bookworm', revision: 3 }));
  expect(await readFile(join(shop.dists, 'InRelease'), 'utf8')).toContain('BEGIN PGP SIGNED MESSAGE');
  expect((await check(true)).result?.outcome).toBe('success');
});
