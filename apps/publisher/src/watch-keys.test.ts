import type { KeyringOrder } from '@fatbuildr/domain';
import { createLogger } from '@fatbuildr/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureConfigured } from './ensure-configured.ts';
import { openTestWorkshop, type TestWorkshop } from './test-workshop.ts';
import { watchKeys } from './watch-keys.ts';

const DAY = 86_400_000;
const BEGAN = Date.UTC(2026, 0, 1);

let shop: TestWorkshop;
let now: number;
beforeEach(async () => {
  shop = await openTestWorkshop();
  now = BEGAN;
});
afterEach(() => shop.close());

async function order(operation: KeyringOrder['operation'], more: Partial<KeyringOrder> = {}): Promise<void> {
  const notes = shop.start({ ...shop.keyringOrder(operation), ...more });
  await notes.running.over;
  expect(notes.result?.outcome).toBe('success');
}

/** What a look after some days says, and whom it told of a change. */
async function afterDays(days: number): Promise<{ said: string[]; told: string[] }> {
  shop.wait(days * DAY);
  now += days * DAY;
  const said: string[] = [];
  const told: string[] = [];
  const destination = { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) };
  await watchKeys(shop.workshop, {
    clock: () => now,
    log: createLogger({ name: 'publisher', destination }),
    changed: async (instance) => void told.push(instance),
  });
  return { said, told };
}

test('says nothing of an instance without a key, or of one that is valid for long', async () => {
  expect(await afterDays(0)).toEqual({ said: [], told: [] });
  await order('create', { validityDays: 100 });
  expect(await afterDays(60)).toEqual({ said: [], told: [] });
});

test('warns of a key that ends within 30 days', async () => {
  await order('create', { validityDays: 100 });
  expect((await afterDays(71)).said).toEqual([
    expect.stringMatching(/^The signing key of instance default expires on .*keyring rotate/),
  ]);
});

test('switches when the time has come, once, and tells it; later it says that the old key may go', async () => {
  await order('create', { validityDays: 400 });
  await order('rotate', { validityDays: 400, overlapDays: 10 });
  const old = (await shop.workshop.keyrings.get('default')).fingerprint;
  expect(await afterDays(9)).toEqual({ said: [], told: [] });

  const { said, told } = await afterDays(1);
  expect([said, told]).toEqual([['switched to the successor of the signing key'], ['default']]);
  const switched = await shop.workshop.keyrings.get('default');
  expect(switched.rotation).toMatchObject({ phase: 'switched', other: { fingerprint: old }, finishAt: now + 10 * DAY });
  const head = shop.workshop.registry.revisions({ instance: 'default', format: 'rpm', distribution: 'el9' });
  expect(head?.current).toBe(3);

  expect(await afterDays(9)).toEqual({ said: [], told: [] });
  expect((await afterDays(1)).said).toEqual(['The old key may be retired: fatbuildrctl keyring rotate --finish']);
});

test('a switch that cannot sign one repository signs the others, is told, and is made up for', async () => {
  shop.instance.distributions.reverse();
  await order('create', { validityDays: 400 });
  await order('rotate', { validityDays: 400, overlapDays: 10 });
  const { keyrings, registry } = shop.workshop;
  const { signerFor } = keyrings;
  keyrings.signerFor = (instance, format) =>
    format === 'rpm' ? Promise.reject(new Error('no card in the reader')) : signerFor(instance, format);
  const revisions = () =>
    (['el9', 'bookworm'] as const).map((distribution) => {
      const format = distribution === 'el9' ? 'rpm' : 'deb';
      return registry.revisions({ instance: 'default', format, distribution })?.current;
    });
  const { said, told } = await afterDays(10);
  expect(told).toEqual(['default']);
  expect(said.at(-1)).toBe('the keys of an instance could not be looked after');
  expect(revisions()).toEqual([2, 3]);

  keyrings.signerFor = signerFor;
  const silent = createLogger({ name: 'publisher', level: 'silent' });
  for (let count = 0; count < 2; count += 1) await ensureConfigured(shop.workshop, silent);
  expect(revisions()).toEqual([3, 3]);
});

test('an instance that is in trouble does not hold up the others', async () => {
  await order('create');
  shop.workshop.config.instances.unshift({ ...shop.instance, id: 'broken' });
  const { find } = shop.workshop.keyrings;
  shop.workshop.keyrings.find = (id) => (id === 'broken' ? Promise.reject(new Error('disk')) : find(id));
  expect((await afterDays(0)).said).toEqual([
    'the keys of an instance could not be looked after',
    expect.stringContaining('instance default'),
  ]);
});
