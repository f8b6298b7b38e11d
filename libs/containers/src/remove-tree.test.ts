import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-remove-'));
});
afterEach(() => rm(directory, { recursive: true }));

test.each([
  { what: 'a directory with a log', made: [] },
  { what: 'a tree', made: ['deep/deeper'] },
])('$what goes, and nothing that its links name', async ({ made }) => {
  const tree = join(directory, 'tree');
  const kept = join(directory, 'kept');
  await mkdir(kept);
  await writeFile(join(kept, 'file'), '');
  await mkdir(tree);
  for (const path of made) await mkdir(join(tree, path), { recursive: true });
  await writeFile(join(tree, 'log'), '');
  await symlink(kept, join(tree, 'link'));
  await removeTree(tree);
  expect(await readdir(directory)).toEqual(['kept']);
  expect(await readdir(kept)).toEqual(['file']);
});

test('a tree that is not there is no error', async () => {
  await expect(removeTree(join(directory, 'nothing'))).resolves.toBeUndefined();
});
