import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeRpm, type RpmRecipe } from '@fatbuildr/testing/rpm';
import { expect, test } from 'vitest';
import type { Built } from '../farm.ts';
import { scratch } from '../packages.ts';
import { buildJob, buildRpm } from './packages.ts';

/** A source RPM as somebody else made it; returns its path. */
async function sourceRpm(recipe: RpmRecipe, change = (bytes: Buffer) => bytes): Promise<string> {
  const made = (await makeRpm(recipe)).find(({ name }) => name.endsWith('.src.rpm'));
  if (!made) throw new Error('rpmbuild made no source package');
  const path = join(await scratch(), made.name);
  await writeFile(path, change(made.content));
  return path;
}

const build = async (recipe: RpmRecipe, change?: (bytes: Buffer) => Buffer): Promise<Built> =>
  buildRpm(await sourceRpm(recipe, change));

test('a source RPM is built as it is, with the tag of the distribution where it asks for one', async () => {
  const { task } = await build({
    name: 'Ready_Made',
    version: '3.1',
    release: '4%{?dist}',
    preamble: ['BuildArch: noarch'],
  });
  expect(buildJob(task)).toMatchObject({ outcome: 'success' });
  expect(task).toMatchObject({ artifact: 'Ready_Made', version: '3.1-4.el9' });
  expect(task?.artifacts.map(({ name }) => name).toSorted()).toEqual([
    'Ready_Made-3.1-4.el9.noarch.rpm',
    'Ready_Made-3.1-4.el9.src.rpm',
  ]);
});

test('a source RPM of a version that is published with other bytes is refused, with what to do', async () => {
  const recipe = { name: 'fixed', version: '1.0' };
  expect(await build(recipe)).toMatchObject({ status: 0 });
  const second = await build({ ...recipe, summary: 'Other bytes' });
  expect(second.status).not.toBe(0);
  expect(second.task?.outcome).toMatch(/publish-failure|rejected/);
  expect(second.stderr).toContain('1.0-1');
});

test.each([
  ['truncated', (bytes: Buffer) => bytes.subarray(0, -64), 'its digests do not fit'],
  ['another file', () => Buffer.from('<html>Not found</html>'), 'it is no RPM package'],
])('a source RPM that is %s is rejected', async (_, change, message) => {
  const { status, task, stderr } = await build({ name: 'broken', version: '1.0' }, change);
  expect(status).not.toBe(0);
  expect(task).toMatchObject({ outcome: 'rejected', artifacts: [] });
  expect(stderr).toContain(message);
});
