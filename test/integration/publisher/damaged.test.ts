import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryTarget, ResultRequest } from '@fatbuildr/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDeb, storeBlobs } from './packages.ts';
import { type PublisherFarm, startPublisherFarm } from './publisher-farm.ts';

const INSTANCE = `name: Example
gpg: { name: Example, email: example@example.org }
architectures: [amd64]
formats:
  deb:
    - { name: bookworm, env: bookworm, tag: deb12 }
    - { name: trixie, env: trixie, tag: deb13 }
`;
const target = (distribution: string): RepositoryTarget => ({
  ...{ format: 'deb', distribution, derivatives: ['main'], architectures: ['amd64'] },
});

let farm: PublisherFarm;
beforeAll(async () => {
  farm = await startPublisherFarm({ default: INSTANCE });
  const { outcome } = await (
    await farm.api.submit({
      ...{ kind: 'keyring', operation: 'create', instance: 'default', validityDays: 30, overlapDays: 0 },
      userId: { name: 'Example', email: 'example@example.org' },
      repositories: ['bookworm', 'trixie'].map(target),
    })
  ).over;
  expect(outcome).toBe('success');
}, 60_000);
afterAll(() => farm?.close());

async function publish(distribution: string, version: string): Promise<ResultRequest & { log: string }> {
  const paths = [await makeDeb(farm.within('built'), `hello-${distribution}`, version)];
  const files = await storeBlobs(farm.within('state/blobs'), paths);
  const repository = target(distribution);
  const job = await farm.api.submit({ kind: 'publish', instance: 'default', repository, derivative: 'main', files });
  return { ...(await job.over), log: job.log };
}

const restart = async () => {
  await farm.publisher.stop('SIGTERM');
  await farm.restart();
};
const warnings = () => farm.api.registrations.at(-1)?.warnings;

test('a file of one repository that is gone keeps the publisher from nothing else, and a check mends it', async () => {
  expect((await publish('bookworm', '1')).outcome).toBe('success');
  const dists = farm.within('registry/default/deb/dists/bookworm');
  for (const name of await readdir(dists, { recursive: true })) {
    if (/by-hash\/SHA256\/./.test(name)) await rm(join(dists, name));
  }
  await restart();
  expect(warnings()).toEqual(['default/deb/bookworm is not published as it should be.']);
  expect(farm.publisher.lines.join('')).toContain('registry check mends it');
  expect((await publish('trixie', '1')).outcome).toBe('success');
  expect((await publish('bookworm', '2')).cause?.hint).toContain('fatbuildrctl registry check');

  const check = await farm.api.submit({ kind: 'registry-check', instance: 'default', dryRun: false });
  expect((await check.over).outcome).toBe('success');
  expect((await publish('bookworm', '2')).outcome).toBe('success');
  await restart();
  expect(warnings()).toEqual([]);
});

test('what the api does not take of one repository keeps the publisher from nothing', async () => {
  farm.api.refused.add('bookworm');
  const { outcome, log } = await publish('bookworm', '3');
  expect(outcome).toBe('success');
  expect(log).toContain('It is published, but cannot be listed');
  await restart();
  expect((await publish('trixie', '2')).outcome).toBe('success');
  expect(farm.api.told.at(-1)).toMatchObject({ distribution: 'trixie' });
  farm.api.refused.clear();
  expect((await publish('bookworm', '4')).log).not.toContain('cannot be listed');
  expect(farm.api.told.at(-1)).toMatchObject({ distribution: 'bookworm', added: [{ version: '4' }] });
});
