import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectGenerations, createGeneration, currentGeneration, listGenerations } from './generations.ts';

let directory: string;
let now = 0;
const clock = () => (now += 1000);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-generations-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function make(content: string) {
  const generation = await createGeneration(directory, clock);
  await writeFile(join(generation.tree, 'file'), content);
  return generation.commit({ content });
}

test('nothing is current before the first commit, and an aborted one never becomes it', async () => {
  const draft = await createGeneration(directory, clock);
  expect(await currentGeneration(directory)).toBeUndefined();
  await draft.abort();
  expect(await readdir(directory)).toEqual([]);
});

test('a commit switches what is current; the one before stays for the jobs that began on it', async () => {
  const first = await make('first');
  const second = await make('second');
  expect(await currentGeneration(directory)).toEqual(second);
  expect((await listGenerations(directory)).map(({ id }) => id)).toEqual([first.id, second.id]);
});

test('collecting keeps the current one, those in use and the unfinished one that is being made', async () => {
  const old = await make('old');
  const used = await make('used');
  const current = await make('current');
  const draft = await createGeneration(directory, clock);
  const abandoned = await createGeneration(directory, clock);
  const removed = await collectGenerations(directory, { inUse: new Set([used.id, draft.id]) });
  expect(removed.sort()).toEqual([old.id, abandoned.id].sort());
  expect((await listGenerations(directory)).map(({ id }) => id)).toEqual([used.id, current.id]);
  await draft.commit({});
  expect((await currentGeneration(directory))?.id).toBe(draft.id);
});
