import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { belongsTo, createWorkspace } from './workspace.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-workspaces-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a workspace is new, and gone after its removal, which may be repeated', async () => {
  const workspace = await createWorkspace(directory, 'abc');
  await writeFile(join(workspace.path, 'file'), '');
  await expect(createWorkspace(directory, 'abc')).rejects.toThrow('EEXIST');
  await workspace.remove();
  await workspace.remove();
  expect(await readdir(directory)).toEqual([]);
});

test.each(['..', 'a/b', 'a-b', ''])('%j is no name for one', async (name) => {
  await expect(createWorkspace(directory, name)).rejects.toThrow('not a name');
});

test('what belongs to it begins with its whole name', () => {
  expect(belongsTo('abc', 'abc')).toBe(true);
  expect(belongsTo('abc', 'abc-build')).toBe(true);
  expect(belongsTo('abc', 'abcd-build')).toBe(false);
});

test('nobody else on the host looks into it', async () => {
  const { path } = await createWorkspace(directory, 'abc');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});
