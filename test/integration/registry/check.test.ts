import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckFinding, Registry } from '@fatbuildr/registry';
import { expect, test } from 'vitest';
import { servedRegistry } from './farm.ts';
import { servedRpmRegistry } from './rpm-farm.ts';

/** Every file that a client may start from, or go on to, but packages. */
async function indexesBelow(top: string): Promise<string[]> {
  const found = await readdir(top, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

/** Cuts every third file off, changes the next, removes the last: plain names and the files that they stand for. */
async function damage(paths: readonly string[]): Promise<void> {
  for (const [index, path] of paths.entries()) {
    if (index % 3 === 0) await rm(path);
    else if (index % 3 === 1) await truncate(path, 10).catch(() => {});
    else await writeFile(path, Buffer.from(await readFile(path).catch(() => 'x')).reverse());
  }
}

async function expectMended(registry: Registry, top: string): Promise<void> {
  const found: CheckFinding[] = [];
  const check = (dryRun: boolean) =>
    registry.check({ instance: 'default', dryRun, found: (finding) => void found.push(finding) });
  expect([await check(true), found]).toMatchObject([{ damaged: 0, missing: 0, past: 0, foreign: 0 }, []]);
  await damage(await indexesBelow(top));
  const { damaged, missing, mended } = await check(false);
  expect(damaged).toBeGreaterThan(0);
  expect(missing).toBeGreaterThan(0);
  expect(mended).toBe(damaged + missing);
  expect(await check(true)).toMatchObject({ damaged: 0, missing: 0 });
}

test('an APT repository whose indexes were destroyed is one again that apt accepts', async () => {
  const farm = await servedRegistry({ judged: false });
  try {
    await farm.publish(await farm.ingest({ name: 'hello', version: '1' }, { name: 'other', version: '1' }));
    await farm.publish(await farm.ingestSource({ name: 'hello', version: '1' }));
    await expectMended(farm.registry, join(farm.paths.tree, 'default/deb/dists'));
    await farm.judge('hello');
  } finally {
    await farm.close();
  }
});

test('an RPM repository whose indexes were destroyed is one again that dnf accepts', async () => {
  const farm = await servedRpmRegistry({ judged: false });
  try {
    await farm.publish(await farm.ingest({ name: 'hello', version: '1' }, { name: 'other', version: '1' }));
    await expectMended(farm.registry, join(farm.paths.tree, 'default/rpm/el9'));
    await farm.judge();
  } finally {
    await farm.close();
  }
});
