import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWarmLayers, type WarmLayersOptions, type WarmPlace } from './warm-layers.ts';

const PLACE: WarmPlace = {
  instance: 'default',
  format: 'deb',
  distribution: 'bookworm',
  environment: 'bookworm',
  generation: 'g1',
  architecture: 'amd64',
  derivative: 'main',
  artifact: 'hello',
};

let directory: string;
let now = 0;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fatbuildr-warm-'));
  now = 1_000_000;
});
afterEach(() => rm(directory, { recursive: true }));

function layers(more: Partial<WarmLayersOptions> = {}) {
  const clock = () => {
    now += 10_000;
    return now;
  };
  return createWarmLayers({ directory: join(directory, 'warm'), maxBytes: 1e9, boot: 'boot', clock, ...more });
}

/** An upper layer with a file that says which it is. */
async function upper(text: string): Promise<string> {
  const path = await mkdtemp(join(directory, 'upper-'));
  await writeFile(join(path, 'file'), text);
  return path;
}

async function textOf(root: string | undefined): Promise<string | undefined> {
  return root === undefined ? undefined : readFile(join(root, 'file'), 'utf8');
}

test('what was kept is found again, by its key alone', async () => {
  const warm = layers();
  const kept = await warm.keep(PLACE, 'k1', await upper('one'));
  expect(await textOf(kept?.root)).toBe('one');
  expect(await warm.keys(PLACE)).toEqual(['k1']);
  expect(await textOf((await warm.use(PLACE, 'k1'))?.root)).toBe('one');
  expect(await warm.use(PLACE, 'k2')).toBeUndefined();
});

test.each(Object.keys(PLACE) as (keyof WarmPlace)[])('another %s has none of it', async (part) => {
  const warm = layers();
  await warm.keep(PLACE, 'k1', await upper('one'));
  const other = { ...PLACE, [part]: 'another' };
  expect(await warm.keys(other)).toEqual([]);
  expect(await warm.use(other, 'k1')).toBeUndefined();
});

test('of two that are kept at once the first counts', async () => {
  const warm = layers();
  await warm.keep(PLACE, 'k1', await upper('one'));
  const second = await warm.keep(PLACE, 'k1', await upper('two'));
  expect(await textOf(second?.root)).toBe('one');
  expect((await readdir(join(directory, 'warm'))).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('one is removed at once: nobody finds a part of it', async () => {
  const path = await upper('one');
  await Promise.all(Array.from({ length: 3000 }, (_, index) => writeFile(join(path, `${index}`), '')));
  const warm = layers();
  const kept = await warm.keep(PLACE, 'k1', path);
  kept?.release();
  const seen = new Set<number>();
  const over = { yet: false };
  const removing = warm.collect(new Set()).then(() => {
    over.yet = true;
  });
  while (!over.yet) {
    seen.add(existsSync(kept?.root ?? '') ? readdirSync(kept?.root ?? '').length : 0);
    await new Promise(setImmediate);
  }
  await removing;
  expect([...seen]).toEqual([3001, 0]);
});

test('several may be removing at the same time; of empty places nothing stays', async () => {
  const warm = layers();
  for (const key of ['k1', 'k2', 'k3']) (await warm.keep(PLACE, key, await upper(key)))?.release();
  await Promise.all(Array.from({ length: 4 }, () => warm.collect(new Set())));
  expect(await readdir(join(directory, 'warm'))).toEqual([]);
});

describe('what cannot be kept', () => {
  test.each([
    ['where nothing can be written', async (all: string) => writeFile(all, '')],
    [
      'whose place is taken',
      async (all: string) => {
        const other = layers();
        (await other.keep(PLACE, 'k0', await upper('other')))?.release();
        const [name = ''] = await readdir(all);
        await rm(join(all, name), { recursive: true });
        await writeFile(join(all, name), '');
      },
    ],
    [
      'whose key is taken by something else',
      async (all: string) => {
        const kept = await layers().keep(PLACE, 'k1', await upper('other'));
        await rm(join(kept?.root ?? '', '..'), { recursive: true });
        await writeFile(join(kept?.root ?? '', '..'), '');
        expect(await readdir(all)).toHaveLength(1);
      },
    ],
  ])('%s is left to the build that made it', async (_, prepare) => {
    await prepare(join(directory, 'warm'));
    const path = await upper('one');
    const warm = layers();
    const kept = await warm.keep(PLACE, 'k1', path).catch((error: Error) => error);
    if (kept instanceof Error) expect(await textOf(path)).toBe('one');
    else expect(await textOf(kept?.root)).toBe('one');
  });
});

test('layers of before the machine started anew are not used, and replaced', async () => {
  await layers({ boot: 'before' }).keep(PLACE, 'k1', await upper('old'));
  const warm = layers();
  expect(await warm.keys(PLACE)).toEqual([]);
  expect(await warm.use(PLACE, 'k1')).toBeUndefined();
  expect(await textOf((await warm.keep(PLACE, 'k1', await upper('new')))?.root)).toBe('new');
});

test('a broken one is not used, and goes', async () => {
  const warm = layers();
  const kept = await warm.keep(PLACE, 'k1', await upper('one'));
  kept?.release();
  await rm(join(kept?.root ?? '', '../layer.json'));
  expect(await warm.keys(PLACE)).toEqual([]);
  await warm.collect(new Set(['g1']));
  expect(existsSync(kept?.root ?? '')).toBe(false);
});

test('layers go with the generation of their environment, those in use when they are not any more', async () => {
  const warm = layers();
  const kept = await warm.keep(PLACE, 'k1', await upper('one'));
  await warm.collect(new Set(['g2']));
  expect(await textOf(kept?.root)).toBe('one');
  kept?.release();
  await warm.collect(new Set(['g1']));
  expect(await textOf(kept?.root)).toBe('one');
  await warm.collect(new Set(['g2']));
  expect(existsSync(kept?.root ?? '')).toBe(false);
});

test('what a crash left unfinished goes', async () => {
  const left = join(directory, 'warm/.new-1/upper');
  await mkdir(left, { recursive: true });
  await layers().collect(new Set(['g1']));
  expect(existsSync(left)).toBe(false);
});

test('beyond the limit the least recently used go, never those in use', async () => {
  const big = async () => {
    const path = await upper('big');
    await writeFile(join(path, 'bytes'), Buffer.alloc(100_000, 1));
    return path;
  };
  const warm = layers({ maxBytes: 250_000 });
  for (const key of ['k1', 'k2']) (await warm.keep(PLACE, key, await big()))?.release();
  (await warm.use(PLACE, 'k1'))?.release();
  (await warm.keep(PLACE, 'k3', await big()))?.release();
  expect((await warm.keys(PLACE)).toSorted()).toEqual(['k1', 'k3']);
  const used = await warm.use(PLACE, 'k1');
  await warm.use(PLACE, 'k3');
  await warm.keep(PLACE, 'k4', await big());
  expect(existsSync(used?.root ?? '')).toBe(true);
});
