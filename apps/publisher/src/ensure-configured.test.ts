import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@fatbuildr/service';
import { makeDeb } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureConfigured } from './ensure-configured.ts';
import { describeHost } from './host.ts';
import { openTestWorkshop, type TestWorkshop } from './test-workshop.ts';

const silent = createLogger({ name: 'publisher', level: 'silent' });
const DAY = 86_400_000;

let shop: TestWorkshop;
beforeEach(async () => {
  shop = await openTestWorkshop();
});
afterEach(() => shop.close());

async function publishHello(derivative: string): Promise<void> {
  await shop.start(shop.keyringOrder()).running.over;
  const files = await shop.store([await makeDeb({ name: 'hello', version: '1' })]);
  await shop.start(shop.publishOrder(files, derivative)).running.over;
}

/** The revision of bookworm, if there is one. */
const revision = () =>
  shop.workshop.registry.revisions({ instance: 'default', format: 'deb', distribution: 'bookworm' })?.current;

test('new derivatives and distributions are published', async () => {
  await ensureConfigured(shop.workshop, silent);
  expect(revision()).toBeUndefined();
  await publishHello('main');
  shop.instance.derivatives.push({ name: 'third', formats: ['deb'], extends: 'main' });
  const [bookworm] = shop.instance.distributions;
  shop.instance.distributions.push({ ...bookworm!, name: 'trixie' });
  for (let count = 0; count < 2; count += 1) await ensureConfigured(shop.workshop, silent);
  expect(existsSync(join(shop.dists, 'third/source/Sources.gz'))).toBe(true);
  expect(existsSync(join(shop.dists, '../trixie/InRelease'))).toBe(true);
  expect(revision()).toBe(3);
});

test('what clients would soon distrust for its age is published once more', async () => {
  await publishHello('main');
  const [bookworm] = shop.instance.distributions;
  Object.assign(bookworm!, { validDays: 10 });
  const revisions: (number | undefined)[] = [];
  for (const days of [0, 4, 1.5]) {
    shop.wait(days * DAY);
    await ensureConfigured(shop.workshop, silent);
    revisions.push(revision());
  }
  expect(revisions).toEqual([3, 3, 4]);
});

test('a repository that cannot be as configured holds up neither the start nor the others', async () => {
  await publishHello('extra');
  const [bookworm] = shop.instance.distributions;
  shop.instance.distributions.push({ ...bookworm!, name: 'trixie' });
  Object.assign(shop.instance.distributions.at(-1)!, { validDays: 10 });
  await ensureConfigured(shop.workshop, silent);
  shop.instance.derivatives.length = 0;
  shop.wait(6 * DAY);
  await rm(join(shop.directory, 'tree/default/keyring.asc'));
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  await ensureConfigured(shop.workshop, createLogger({ name: 'publisher', destination }));
  expect(lines.join('')).toContain('the derivative extra of bookworm still holds packages');
  const { registry, telling } = shop.workshop;
  expect(registry.revisions({ instance: 'default', format: 'deb', distribution: 'trixie' })?.current).toBe(2);
  expect(existsSync(join(shop.directory, 'tree/default/keyring.asc'))).toBe(true);
  const { warnings } = await describeHost({ tree: shop.directory, version: '1', registry, telling });
  expect(warnings).toEqual(['default/deb/bookworm is not published as it should be.']);
});

test('the keys that are handed out are those of now, also when they change meanwhile', async () => {
  await publishHello('main');
  const { registry, keyrings } = shop.workshop;
  const { publishAccess } = registry;
  const order = shop.keyringOrder('rotate');
  registry.publishAccess = async (request) => {
    registry.publishAccess = publishAccess;
    await keyrings.change(order, 'rotation');
    await publishAccess(request);
  };
  await ensureConfigured(shop.workshop, silent);
  const handedOut = await readFile(join(shop.directory, 'tree/default/keyring.asc'), 'utf8');
  expect(handedOut).toBe((await keyrings.get('default')).armoredPublicKey());
  expect(handedOut.match(/BEGIN PGP/g)).toHaveLength(2);
});
