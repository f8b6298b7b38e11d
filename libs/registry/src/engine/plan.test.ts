import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FORMATS } from '../formats.ts';
import { testRepository } from '../test-registry.ts';
import { type Addition, planAdditions, type RepositoryView } from './plan.ts';
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
