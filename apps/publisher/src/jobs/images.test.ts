import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PublishOrder, type RegistryDeleteOrder, repositoryTarget } from '@fatbuildr/domain';
import { verifyDetached } from '@fatbuildr/signing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestWorkshop, type TestWorkshop } from '../test-workshop.ts';

const distribution = { format: 'osi', name: 'images', env: 'images', tag: 'images', mirrors: [] } as const;

let shop: TestWorkshop;
beforeEach(async () => {
  shop = await openTestWorkshop();
  shop.instance.distributions.push({ ...distribution, mirrors: [], packages: undefined });
  shop.instance.derivatives[0]?.formats.push('osi');
  expect((await run(shop.keyringOrder())).result?.outcome).toBe('success');
});
afterEach(() => shop.close());

type RunMore = Parameters<TestWorkshop['start']> extends [unknown, ...infer Rest] ? Rest : never;

async function run(...parameters: Parameters<TestWorkshop['start']>) {
  const notes = shop.start(...parameters);
  await notes.running.over;
  return notes;
}

const served = (path: string) => readFile(join(shop.directory, 'tree/default', path), 'utf8');
const repository = () => repositoryTarget(shop.instance, distribution);

async function publish(name: string, content = name) {
  const files = await shop.store([
    { name, content: Buffer.from(content) },
    { name: `${name.replace(/\.tar$/, '')}.SHA256SUMS`, content: Buffer.from('of the build alone') },
  ]);
  const order: PublishOrder = {
    ...{ kind: 'publish', instance: 'default', derivative: 'main', files },
    repository: repository(),
  };
  return run(order);
}

function remove(artifact: string, dryRun: boolean, ...more: RunMore) {
  const order: RegistryDeleteOrder = {
    ...{ kind: 'registry-delete', instance: 'default', derivative: 'main', repository: repository(), dryRun },
    selector: { artifact },
  };
  return run(order, ...more);
}

async function verified(): Promise<string[]> {
  const text = await served('osi/images/main/SHA256SUMS');
  const signature = await served('osi/images/main/SHA256SUMS.gpg');
  await verifyDetached(await served('keyring.asc'), Buffer.from(text), signature, Date.UTC(2026, 0, 2));
  return [...text.matchAll(/^[0-9a-f]{64} {2}(.*)$/gm)].map(([, name]) => name ?? '');
}

test('every derivative is published empty and signed with the keyring, and signed again when it is renewed', async () => {
  expect(await verified()).toEqual([]);
  expect(await served('osi/images/extra/SHA256SUMS')).toBe('');
  const before = await served('osi/images/main/SHA256SUMS.gpg');
  shop.wait(86_400_000);
  expect((await run(shop.keyringOrder('renew'))).result?.outcome).toBe('success');
  expect(await served('osi/images/main/SHA256SUMS.gpg')).not.toBe(before);
});

test('images are published beside one another, and refused with other bytes', async () => {
  const { result, events, log } = await publish('router_1.0.tar');
  expect(result?.publication?.publications).toEqual([{ format: 'osi', distribution: 'images', revision: 2 }]);
  expect(events).toEqual(expect.arrayContaining(['begin ingest', 'begin publish']));
  expect(log).toContain('router 1.0 (amd64) sha256');
  await publish('router_1.0+build2.tar');
  expect(await verified()).toEqual(['router_1.0.tar', 'router_1.0+build2.tar']);
  const other = await publish('router_1.0.tar', 'other bytes');
  expect(other.result).toMatchObject({ outcome: 'rejected', cause: { hint: expect.stringContaining('version') } });
});

test('the api is told of them as of packages', async () => {
  await publish('router_1.0.tar');
  const added = shop.told.flatMap((part) => part.added);
  expect(added).toMatchObject([
    {
      ...{ format: 'osi', distribution: 'images', derivative: 'main' },
      ...{ name: 'router', version: '1.0', architecture: 'amd64', source: { name: 'router', version: '1.0' } },
    },
  ]);
  expect(await served(added[0]?.path ?? '')).toBe('router_1.0.tar');
  expect(added[0]?.sha256).toBe(createHash('sha256').update('router_1.0.tar').digest('hex'));
});

test('an image is deleted; a dry run tells which versions would go', async () => {
  await publish('router_1.0.tar');
  const { result, log } = await remove('router', true);
  expect(result?.publication?.preview?.removed).toMatchObject([{ name: 'router', version: '1.0' }]);
  expect(log).toContain('would remove router 1.0 (amd64) in main');
  expect(await verified()).toEqual(['router_1.0.tar']);
  await remove('router', false);
  expect(await verified()).toEqual([]);
  expect((await remove('router', true)).result?.outcome).toBe('rejected');
});

test('a deletion whose answer was lost in a crash is not refused when it is asked for again', async () => {
  await publish('router_1.0.tar');
  const dies = () => Promise.reject(new Error('the process died'));
  expect((await remove('router', false, { result: dies }, 'task1')).result).toBeUndefined();
  const { result, commits } = await remove('router', false, {}, 'task1');
  expect(result).toMatchObject({ outcome: 'success', publication: { publications: [{ revision: 3 }] } });
  expect(commits).toBe(0);
});
