import type { RegistryDeleteOrder, RegistryPromoteOrder, RegistryRollbackOrder } from '@fatbuildr/domain';
import { makeDeb } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Notes, openTestWorkshop, type TestWorkshop } from '../test-workshop.ts';

let shop: TestWorkshop;
beforeEach(async () => {
  shop = await openTestWorkshop();
  expect((await run(shop.keyringOrder())).result?.outcome).toBe('success');
  const debs = await Promise.all(['1', '2'].map((version) => makeDeb({ name: 'hello', version })));
  await run(shop.publishOrder(await shop.store(debs)));
});
afterEach(() => shop.close());

/** Runs an attempt to its end. */
async function run(...parameters: Parameters<TestWorkshop['start']>): Promise<Notes> {
  const notes = shop.start(...parameters);
  await notes.running.over;
  return notes;
}

const repository = () => shop.publishOrder([]).repository;
const dies = () => Promise.reject(new Error('the process died'));

describe('registry-delete', () => {
  const order = (version?: string, dryRun = false): RegistryDeleteOrder => ({
    kind: 'registry-delete',
    instance: 'default',
    repository: repository(),
    derivative: 'main',
    selector: { artifact: 'hello', ...(version && { version }) },
    dryRun,
  });

  test('takes out one version, or all', async () => {
    await run(order('1'));
    expect(shop.published()).toEqual(['main hello 2 amd64']);
    expect(shop.told.at(-1)).toMatchObject({ removed: [{ derivative: 'main', name: 'hello', version: '1' }] });
    await run(order());
    expect(shop.published()).toEqual([]);
  });

  test('refuses what is not there, but not what an earlier attempt of the same task took out', async () => {
    expect((await run(order('3'))).result?.outcome).toBe('rejected');
    await run(order('1'), { result: dies }, 'task1');
    const { result, commits } = await run(order('1'), {}, 'task1');
    expect(result).toMatchObject({ outcome: 'success', publication: { publications: [{ revision: 3 }] } });
    expect(commits).toBe(0);
  });

  test('tells what cannot be installed any more', async () => {
    const app = await makeDeb({ name: 'app', version: '1', control: 'Depends: hello (<< 2)\n' });
    await run(shop.publishOrder(await shop.store([app])));
    const { log } = await run(order('1'));
    expect(log).toContain('app 1 (amd64) in main could not be installed any more: it needs hello (<< 2)\n');
    expect((await run(order())).log).not.toContain('installed any more');
  });

  test('a dry run tells what would go and what that breaks, and changes nothing', async () => {
    const broken = { name: 'greeter', version: '1', architecture: 'amd64', derivative: 'main' };
    const impact = async () => [
      { package: broken as never, needs: 'hello', certain: true },
      { package: broken as never, needs: '(hello if other)', certain: false },
    ];
    shop.workshop.care = { ...shop.workshop.care, impact };
    const { result, commits, log, events } = await run(order('1', true));
    expect(result?.publication).toEqual({
      publications: [],
      keyring: null,
      preview: {
        added: [],
        removed: [{ derivative: 'main', name: 'hello', version: '1', architecture: 'amd64' }],
        uninstallable: [
          { ...broken, needs: 'hello', certain: true },
          { ...broken, needs: '(hello if other)', certain: false },
        ],
        counts: { added: 0, removed: 1, uninstallable: 1, unsure: 1 },
        collected: null,
      },
    });
    expect(log).toBe(
      'would remove hello 1 (amd64) in main\n' +
        'greeter 1 (amd64) in main could not be installed any more: it needs hello\n' +
        'whether greeter 1 (amd64) in main could still be installed cannot be told: it needs (hello if other)\n' +
        'dry run: 0 would be added, 1 removed, 1 not installable any more, 1 perhaps not; nothing was changed\n',
    );
    expect([commits, events]).toEqual([0, []]);
    expect(shop.published()).toHaveLength(2);
  });
});

describe('registry-promote', () => {
  const order = (options: Partial<RegistryPromoteOrder> = {}): RegistryPromoteOrder => ({
    kind: 'registry-promote',
    instance: 'default',
    repository: repository(),
    derivative: 'extra',
    from: { distribution: 'bookworm', derivative: 'main', revision: null },
    selectors: [],
    dryRun: false,
    ...options,
  });

  test('takes over one version, then all', async () => {
    await run(order({ selectors: [{ artifact: 'hello', version: '2' }] }));
    expect(shop.published()).toContain('extra hello 2 amd64');
    expect(shop.published()).not.toContain('extra hello 1 amd64');
    const { result } = await run(order());
    expect(result?.outcome).toBe('success');
    expect(shop.published()).toContain('extra hello 1 amd64');
  });

  test('a dry run tells what would come', async () => {
    const { result } = await run(order({ dryRun: true }));
    expect(result?.publication?.preview).toMatchObject({ counts: { added: 2, removed: 0 } });
    expect(shop.published()).toHaveLength(2);
  });
});

describe('registry-rollback', () => {
  const order = (revision: number, dryRun = false): RegistryRollbackOrder => ({
    ...{ kind: 'registry-rollback', instance: 'default', repository: repository(), revision, dryRun },
  });

  test('publishes once more what an earlier publication held', async () => {
    const { result } = await run(order(1));
    expect(result).toMatchObject({ outcome: 'success', publication: { publications: [{ revision: 3 }] } });
    expect(shop.published()).toEqual([]);
    await run(order(2));
    expect(shop.published()).toHaveLength(2);
  });

  test('refuses a revision that there is not; a dry run tells what would go', async () => {
    expect((await run(order(9))).result?.outcome).toBe('rejected');
    const { result } = await run(order(1, true));
    expect(result?.publication?.preview).toMatchObject({ counts: { added: 0, removed: 2 } });
    expect(shop.published()).toHaveLength(2);
  });
});

test('a collection tells the api which publications are gone, a dry run what would be', async () => {
  const collected = { publications: 1, packages: 2, files: 3, bytes: 4 };
  const asked: boolean[] = [];
  shop.workshop.care = {
    ...shop.workshop.care,
    async collect({ dryRun }) {
      asked.push(dryRun);
      return collected;
    },
  };
  const order = { kind: 'registry-gc', instance: 'default', graceMs: 0, keepPublications: 1 } as const;
  const dry = await run({ ...order, dryRun: true });
  expect(dry.result?.publication?.preview).toMatchObject({ collected, counts: { removed: 0 } });
  expect(dry.commits).toBe(0);
  const { result, log, commits } = await run({ ...order, dryRun: false });
  expect(result).toMatchObject({ outcome: 'success', publication: { preview: null } });
  expect(log).toContain('removed 1 publications, 2 packages, 3 files of 4 bytes');
  expect([commits, asked]).toEqual([1, [true, false]]);
});
