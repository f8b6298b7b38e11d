import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PromoteRequest } from '../model/requests.ts';
import { identities, openTestRegistry, type TestRegistry, testRepository } from '../test-registry.ts';

let farm: TestRegistry;
beforeEach(async () => {
  farm = await openTestRegistry();
});
afterEach(() => farm.close());

describe('promote', () => {
  const trixie = { ...testRepository, distribution: 'trixie' };
  const promote = (from: Partial<PromoteRequest['from']>, more: Partial<PromoteRequest> = {}) =>
    farm.registry.promote({
      from: { distribution: 'bookworm', derivative: 'main', ...from },
      repository: trixie,
      derivative: 'main',
      task: `promote ${JSON.stringify([from, more])}`,
      ...more,
    });

  test('brings the same bytes into another distribution, all or some', async () => {
    await farm.add([{ name: 'hello' }, { name: 'hello', version: '2' }, { name: 'other' }]);
    const some = await promote({ selectors: [{ source: 'hello' }] });
    expect(identities(some.added)).toEqual(['hello 1', 'hello 2']);
    expect(some.added[0]?.digest).toBe(farm.registry.list({ ...testRepository, name: 'hello' })[0]?.digest);
    expect(identities((await promote({})).added)).toEqual(['other 1']);
    expect(await farm.served('main', 'trixie')).toEqual(['hello 1', 'hello 2', 'other 1']);
  });

  test('brings what a revision held', async () => {
    const { revision } = await farm.add([{ name: 'hello' }]);
    await farm.change({ remove: [{ name: 'hello' }] });
    expect(identities((await promote({ revision })).added)).toEqual(['hello 1']);
  });

  test('into another derivative, and nothing twice', async () => {
    await farm.add([{ name: 'hello' }]);
    const extra = { repository: testRepository, derivative: 'extra' };
    expect(await promote({}, extra)).toMatchObject({ revision: 2, changed: true });
    expect(await promote({}, { ...extra, task: 'once more' })).toMatchObject({ revision: 2, changed: false });
  });

  test('refuses other bytes under a version, and what is not there', async () => {
    await farm.add([{ name: 'hello' }]);
    await farm.add([{ name: 'hello', bytes: 'other' }], { repository: trixie });
    await expect(promote({})).rejects.toMatchObject({
      outcome: 'rejected',
      message: expect.stringContaining('other content'),
    });
    await expect(promote({ selectors: [{ name: 'gone' }] })).rejects.toThrow(
      'nothing in main of bookworm matches name gone',
    );
    await expect(promote({ revision: 7 })).rejects.toThrow('bookworm of default has no publication 7');
    await expect(promote({ distribution: 'sid' })).rejects.toThrow('sid of default has no publication');
  });

  test('prunes as a publication does', async () => {
    await farm.add([{ name: 'hello', version: '2' }]);
    await farm.add([{ name: 'hello', version: '1' }], { repository: trixie });
    const { removed } = await promote({}, { repository: { ...trixie, keepVersions: 1 } });
    expect(identities(removed)).toEqual(['hello 1']);
  });
});

describe('promote to where fewer versions are kept', () => {
  const repository = { ...testRepository, distribution: 'stable', keepVersions: 1 };
  const promote = (versions: (string | undefined)[] | undefined, more: object = {}) => {
    const selectors = versions?.map((version) => ({ source: 'hello', ...(version && { version }) }));
    const from = { distribution: 'bookworm', derivative: 'main', ...(selectors && { selectors }) };
    const task = `promote ${JSON.stringify([versions, more])}`;
    return farm.registry.promote({ from, repository, derivative: 'main', task, ...more });
  };
  beforeEach(() => farm.add([{ name: 'hello' }, { name: 'hello', version: '2' }, { name: 'other' }]));

  test('leaves out, and tells, what would be pruned at once', async () => {
    const leftOut = [{ name: 'hello', version: '1', reason: 'old', why: expect.stringContaining('pruned at once') }];
    expect(await promote(undefined, { dryRun: true })).toMatchObject({ changed: false, leftOut });
    const some = await promote([undefined]);
    expect([identities(some.added), some.leftOut]).toMatchObject([['hello 2'], leftOut]);
    const all = await promote(undefined);
    expect([identities(all.added), all.leftOut]).toMatchObject([['other 1'], leftOut]);
    expect(await promote([undefined], { task: 'once more' })).toMatchObject({ changed: false, leftOut });
  });

  test('refuses it where that version is named', async () => {
    await expect(promote(['1', '2'])).rejects.toMatchObject({
      outcome: 'rejected',
      message: 'hello 1 would be pruned at once: stable keeps 1 version in main and has 2',
    });
    const { added, leftOut } = await promote(['1']);
    expect([identities(added), leftOut]).toEqual([['hello 1'], undefined]);
  });
});

describe('a version that was published before', () => {
  const other = { name: 'hello', bytes: 'other' };
  const refused = {
    outcome: 'rejected',
    message: expect.stringMatching(/^hello 1 \(amd64\) was in bookworm with other content, up to publication 2: /),
    hint: expect.stringContaining('as in 1+build2'),
  };

  test.each(['main', 'extra'])('is refused with other content after a rollback, in %s', async (derivative) => {
    await farm.add([{ name: 'stays' }]);
    await farm.add([{ name: 'hello' }]);
    await farm.registry.rollback({ repository: testRepository, revision: 1, task: 'back' });
    await expect(farm.add([other], { derivative })).rejects.toMatchObject(refused);
    await expect(farm.add([other], { derivative, dryRun: true })).rejects.toMatchObject(refused);
    expect(await farm.add([{ name: 'hello' }], { derivative })).toMatchObject({ revision: 4, changed: true });
  });

  test('likewise after it was deleted; once nothing knows of it any more it is free', async () => {
    await farm.add([{ name: 'stays' }]);
    await farm.add([{ name: 'hello' }]);
    await farm.change({ remove: [{ name: 'hello' }] });
    await expect(farm.add([other])).rejects.toMatchObject(refused);
    await farm.registry.collect({ instance: 'default', graceMs: -1, keepPublications: 1, dryRun: false });
    expect(await farm.add([other])).toMatchObject({ changed: true });
  });

  test('is another in another distribution', async () => {
    await farm.add([{ name: 'hello' }]);
    await farm.change({ remove: [{ name: 'hello' }] });
    const trixie = { ...testRepository, distribution: 'trixie' };
    expect(await farm.add([other], { repository: trixie })).toMatchObject({ changed: true });
  });
});

describe('what clients take for the same package', () => {
  const refused = (as: string) => ({
    outcome: 'rejected',
    message: expect.stringMatching(`is in bookworm with other content, as ${as}: published is sha256 `),
  });

  test('is refused for all architectures beside one for a single, in any derivative', async () => {
    await farm.add([{ name: 'hello' }, { name: 'doc', architecture: 'all' }]);
    const all = [{ name: 'hello', architecture: 'all' }];
    await expect(farm.add(all)).rejects.toMatchObject(refused('1 \\(amd64\\)'));
    await expect(farm.add(all, { derivative: 'extra' })).rejects.toMatchObject(refused('1 \\(amd64\\)'));
    await expect(farm.add([{ name: 'doc' }])).rejects.toMatchObject(refused('1 \\(all\\)'));
    await expect(farm.add([{ name: 'new' }, { name: 'new', architecture: 'all' }])).rejects.toThrow('as 1 (amd64)');
    expect(await farm.add([{ name: 'hello', version: '2', architecture: 'all' }])).toMatchObject({ changed: true });
    await farm.change({ remove: [{ name: 'doc' }] });
    await expect(farm.add([{ name: 'doc' }])).rejects.toThrow('was in bookworm with other content');
  });

  test('is refused under a version that is equal, however it is written', async () => {
    await farm.add([{ name: 'hello', version: '1.0-1' }]);
    await expect(farm.add([{ name: 'hello', version: '0:1.0-1' }])).rejects.toMatchObject(refused('1.0-1 \\(amd64\\)'));
    expect(await farm.add([{ name: 'hello', version: '1:1.0-1' }])).toMatchObject({ changed: true });
  });

  test('is for two machines two packages', async () => {
    const repository = { ...testRepository, architectures: ['amd64', 'arm64'] };
    await farm.add([{ name: 'hello' }], { repository });
    expect(await farm.add([{ name: 'hello', architecture: 'arm64' }], { repository })).toMatchObject({ changed: true });
  });
});

describe('rollback', () => {
  const back = (revision: number, more: object = {}) =>
    farm.registry.rollback({ repository: testRepository, revision, task: `back ${revision}`, ...more });

  test('is a new publication of what an earlier one held', async () => {
    await farm.add([{ name: 'hello' }, { name: 'stays' }]);
    await farm.add([{ name: 'hello', version: '2' }]);
    await farm.change({ remove: [{ name: 'hello', version: '1' }] });
    const result = await back(1);
    expect(result).toMatchObject({ revision: 4, previous: 3 });
    expect([identities(result.added), identities(result.removed)]).toEqual([['hello 1'], ['hello 2']]);
    expect(await farm.served()).toEqual(['hello 1', 'stays 1']);
    expect(await back(4, { task: 'to the present' })).toMatchObject({ changed: false });
  });

  test('is not pruned, and keeps what was taken away and came back', async () => {
    const repository = { ...testRepository, keepVersions: 1 };
    await farm.add([{ name: 'hello' }]);
    await farm.add([{ name: 'hello', version: '2' }], { repository });
    await farm.change({ remove: [{ name: 'hello' }] });
    await farm.add([{ name: 'hello', version: '2' }]);
    expect(await back(2, { repository })).toMatchObject({ changed: false });
    const result = await back(1, { repository });
    expect([identities(result.added), identities(result.removed)]).toEqual([['hello 1'], ['hello 2']]);
  });

  test('refuses what is not kept, what does not fit and what the pool has lost', async () => {
    await farm.add([{ name: 'hello' }], { derivative: 'extra' });
    await farm.change({ remove: [{ name: 'hello' }] });
    await expect(back(9)).rejects.toMatchObject({ outcome: 'rejected', hint: 'the oldest that is kept is 1' });
    await expect(back(1, { repository: { ...testRepository, derivatives: ['main'] } })).rejects.toThrow(
      'it held hello for amd64 in extra, which bookworm does not have any more',
    );
    await rm(join(farm.dir, 'tree/default/deb/pool'), { recursive: true });
    await expect(back(1)).rejects.toThrow('is not in the pool');
  });
});

describe('history', () => {
  test('lists what a revision held, and what each changed', async () => {
    await farm.add([{ name: 'hello' }], { task: 'a' });
    await farm.add([{ name: 'hello', version: '2' }, { name: 'other' }], { task: 'b' });
    await farm.change({ remove: [{ name: 'hello', version: '1' }] }, { task: 'c' });
    const { registry } = farm;
    expect([1, 2, 3].map((revision) => identities(registry.list({ ...testRepository, revision })))).toEqual([
      ['hello 1'],
      ['hello 1', 'hello 2', 'other 1'],
      ['hello 2', 'other 1'],
    ]);
    const changes = [1, 2, 3].map((revision) =>
      [...registry.changes(testRepository, revision)].map(
        ({ change, package: one }) => `${change} ${identities([one])}`,
      ),
    );
    expect(changes).toEqual([['added hello 1'], ['added hello 2', 'added other 1'], ['removed hello 1']]);
    const { publications: made } = registry;
    expect(made(testRepository).map(({ revision, previous, tasks }) => [revision, previous, tasks])).toEqual([
      [3, 2, ['c']],
      [2, 1, ['b']],
      [1, null, ['a']],
    ]);
    expect(registry.revisions(testRepository)).toEqual({ oldest: 1, current: 3 });
    expect(registry.publications({ ...testRepository, before: 3, limit: 1 })).toMatchObject([
      { revision: 2, packages: 3, added: 2, removed: 0 },
    ]);
  });

  test('goes page by page through more packages than a page holds', async () => {
    const { add = [] } = await farm.adding(Array.from({ length: 1203 }, (_, index) => ({ name: `p${index}` })));
    // Without files, which are not what this is about.
    await farm.change({ add: add.map((each) => ({ ...each, package: { ...each.package, files: [] } })) });
    expect([...farm.registry.packages(testRepository)]).toHaveLength(1203);
    expect(await farm.served()).toHaveLength(1203);
  });

  test('has a lineage that lasts as long as the database', async () => {
    const { lineage } = farm.registry;
    expect(farm.reopen().lineage).toBe(lineage);
    await rm(join(farm.dir, 'registry.db'));
    expect(farm.reopen().lineage).not.toBe(lineage);
  });
});
