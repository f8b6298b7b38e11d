import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentId, imageId } from './tree-id.ts';
import { createTreeStore, type TreeStore } from './tree-store.ts';

const image = imageId('deb', 'amd64');
const environment = environmentId({ instance: 'default', format: 'deb', name: 'bookworm', architecture: 'amd64' });
let directory: string;
let trees: TreeStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-trees-'));
  trees = createTreeStore(directory, () => 1_700_000_000_000);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function make(id: typeof image) {
  const tree = await trees.begin(id);
  await writeFile(join(tree.root, 'file'), 'content');
  return tree.publish();
}

test('what was published is held, and known to a store that opens the same directory', async () => {
  const made = [await make(environment), await make(image)];
  const held = await createTreeStore(directory).list();
  expect(new Set(held)).toEqual(new Set(made));
  expect(held.find(({ kind }) => kind === 'environment')).toMatchObject({
    name: 'default/deb/bookworm-amd64',
    created: 1_700_000_000_000,
    bytes: expect.any(Number),
  });
});

test('an old generation stays as long as it is used', async () => {
  await make(image);
  const used = await trees.use(image, 'create it');
  const { generation } = await make(image);
  expect((await trees.current(image))?.generation).toBe(generation);
  expect(existsSync(join(used.root, 'file'))).toBe(true);
  await used.release();
  expect(existsSync(used.directory)).toBe(false);
  expect((await trees.current(image))?.generation).toBe(generation);
});

test('what was given up or left unfinished is removed', async () => {
  const given = await trees.begin(image);
  await given.discard();
  expect(existsSync(given.directory)).toBe(false);
  const left = await trees.begin(image);
  await createTreeStore(directory).collect();
  expect(existsSync(left.directory)).toBe(false);
  expect(await trees.list()).toEqual([]);
});

test('a tree that is missing tells how to make it', async () => {
  await expect(trees.use(image, 'fatbuildrctl images create -f deb')).rejects.toMatchObject({
    outcome: 'infrastructure-failure',
    hint: expect.stringContaining('images create'),
  });
});
