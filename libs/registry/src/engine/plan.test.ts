import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FORMATS } from '../formats.ts';
import type { Store } from '../store/store.ts';
import { testRepository } from '../test-registry.ts';
import { type Addition, planAdditions, type RepositoryView } from './plan.ts';
import { planPromotion } from './promote.ts';
import { withPruning } from './retention.ts';

const MANY = 5000;
/** Twice what is done at once. */
const BETWEEN_TURNS = 400;

function addition(index: number): Addition {
  const name = `package${index}`;
  const identity = { kind: 'binary' as const, name, version: '1', architecture: 'amd64', content: name, digest: name };
  const rest = { source: { name, version: '1' }, section: '', summary: '', relations: {}, files: [], size: 0 };
  return { derivative: 'main', facts: { ...identity, ...rest }, from: { row: index } };
}

test('a plan of thousands leaves time for others', async () => {
  let [asked, most, over] = [0, 0, false];
  const view: RepositoryView = {
    format: FORMATS.deb,
    definition: { ...testRepository, keepVersions: 1 },
    versions: () => [],
    present() {
      asked += 1;
      return [];
    },
    former: () => undefined,
  };
  const others = (async () => {
    for (; !over; await setImmediate()) {
      most = Math.max(most, asked);
      asked = 0;
    }
  })();
  const add = await planAdditions(
    view,
    Array.from({ length: MANY }, (_, index) => addition(index)),
  );
  const plan = await withPruning(view, { add, remove: [] });
  over = true;
  await others;
  expect(plan.add).toHaveLength(MANY);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(BETWEEN_TURNS);
});

test('what is promoted is kept from collectors before anything is waited for', async () => {
  const held: number[] = [];
  const { facts } = addition(7);
  const store = {
    find: () => ({ id: 1, definition: testRepository, revision: 1 }),
    members: () => [{ ...facts, id: 7, derivative: 'main', since: 1, published: 0, task: null }],
  } as unknown as Store;
  const view: RepositoryView = {
    ...{
      format: FORMATS.deb,
      definition: testRepository,
      versions: () => [],
      present: () => [],
      former: () => undefined,
    },
  };
  const request = { from: { distribution: 'bookworm', derivative: 'main' }, derivative: 'extra', task: 'task' };
  const planned = planPromotion(view, { ...request, repository: testRepository }, store, (additions) => {
    for (const { from } of additions) if ('row' in from) held.push(from.row);
  });
  expect(held).toEqual([7]);
  expect((await planned).add).toMatchObject([{ derivative: 'extra', from: { row: 7 } }]);
});
