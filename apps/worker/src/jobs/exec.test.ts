import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecOrder, RpmEnvironmentRecipe } from '@fatbuildr/domain';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentId, imageId } from '../trees/tree-id.ts';
import { createTreeStore, type TreeStore } from '../trees/tree-store.ts';
import { useTree } from './exec.ts';
import { systemIn } from './held-trees.ts';
import type { Host } from './host.ts';
import type { Job } from './job.ts';

let directory: string;
let trees: TreeStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fatbuildr-exec-'));
  trees = createTreeStore(directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

const recipe: RpmEnvironmentRecipe = {
  ...{ instance: 'default', format: 'rpm', name: 'el9', architecture: 'amd64', builder: null, mock: null },
  ...{ repositories: [], releasever: null, dbpath: '/var/lib/rpm', modules: [] },
};

async function use(environment: RpmEnvironmentRecipe | null) {
  const told: unknown[] = [];
  const job = {
    order: { kind: 'exec', format: 'rpm', environment },
    api: { trees: async (request: unknown) => void told.push(request) },
    defer: () => {},
  } as unknown as Job<ExecOrder>;
  return { tree: await useTree({ trees, architecture: 'amd64' } as Host, job), told };
}

test('programs run in the root of an image, and of an environment that rpmbuild builds in', async () => {
  const image = await (await trees.begin(imageId('rpm', 'amd64'))).publish();
  const { generation } = await (await trees.begin({ ...environmentId(recipe), builder: 'rpmbuild' })).publish();
  expect((await systemIn((await use(null)).tree)).endsWith(`${image.generation}/tree`)).toBe(true);
  const { tree, told } = await use(recipe);
  expect((await systemIn(tree)).endsWith(`${generation}/tree`)).toBe(true);
  expect(told).toEqual([{ image: null, environment: generation }]);
});

test('of an environment of mock they run in the root below its directory', async () => {
  const made = await trees.begin({ ...environmentId(recipe), builder: 'mock' });
  mkdirSync(join(made.root, 'farm/root'), { recursive: true });
  const { generation } = await made.publish();
  expect((await systemIn((await use(recipe)).tree)).endsWith(`${generation}/tree/farm/root`)).toBe(true);
});

test.each(['farm', 'farm/root'])('a link at %s leads them nowhere', async (place) => {
  const made = await trees.begin({ ...environmentId(recipe), builder: 'mock' });
  if (place !== 'farm') mkdirSync(join(made.root, 'farm'));
  symlinkSync('/', join(made.root, place));
  await made.publish();
  await expect(systemIn((await use(recipe)).tree)).rejects.toMatchObject({ outcome: 'infrastructure-failure' });
});
