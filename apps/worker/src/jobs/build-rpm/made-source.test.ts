import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Job } from '../job.ts';
import { madeSource } from './made-source.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-made-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function made(...names: string[]) {
  for (const name of names) writeFileSync(join(directory, name), name);
  const job = { order: { limits: {} }, signal: new AbortController().signal } as unknown as Job;
  return madeSource(job, directory, (name) => name === 'requires', []);
}

test('the one source package among files of ours', async () => {
  const source = await made('requires', 'hello-2.10-1.el9.src.rpm');
  expect(source).toMatchObject({ name: 'hello', version: '2.10-1.el9', file: 'hello-2.10-1.el9.src.rpm' });
});

test.each([
  [['hello-1-1.nosrc.rpm', 'requires'], 'leaves sources out (NoSource, NoPatch): it makes hello-1-1.nosrc.rpm'],
  [['a-1-1.src.rpm', 'b-1-1.src.rpm'], 'makes 2 source packages'],
  [['requires'], 'makes 0 source packages'],
])('%j is the spec file’s mistake', async (names, message) => {
  await expect(made(...names)).rejects.toMatchObject({
    outcome: 'rejected',
    message: expect.stringContaining(message),
  });
});
