import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FORMATS } from '../formats.ts';
import { choose } from '../import/select.ts';
import type { PublishResult } from '../model/publication.ts';
import type { PublicationChanges, WriteStep } from '../model/requests.ts';
import {
  identities,
  openTestRegistry,
  type TestRegistry,
  testRepository,
  testRpmRepository,
} from '../test-registry.ts';

let farm: TestRegistry;
beforeEach(async () => {
  farm = await openTestRegistry();
});
afterEach(() => farm.close());

const outcome = (settled: PromiseSettledResult<PublishResult> | undefined): PublishResult => {
  if (settled?.status !== 'fulfilled') throw settled?.reason;
  return settled.value;
};

describe('changes that come together', () => {
  test('are one publication, in which each is told its own', async () => {
    const [left, right] = (
      await farm.together(
        [await farm.adding([{ name: 'left' }]), { task: 'l' }],
        [await farm.adding([{ name: 'right' }]), { task: 'r' }],
      )
    ).map(outcome);
    expect([left?.revision, right?.revision]).toEqual([2, 2]);
    expect([left, right].map((each) => identities(each?.added ?? []))).toEqual([['left 1'], ['right 1']]);
    expect(left?.added[0]?.task).toBe('l');
    expect(farm.registry.publication(testRepository, 2)?.tasks.sort()).toEqual(['l', 'r']);
    expect(farm.registry.list({ ...testRepository, name: 'right' })[0]?.task).toBe('r');
  });

  test('do without the one that is rejected, and without the one whose commit throws', async () => {
    await farm.add([{ name: 'taken' }]);
    const asked: string[] = [];
    const commit = (name: string) => async () => {
      asked.push(name);
      if (name === 'cancelled') throw new Error('cancelled');
    };
    const outcomes = await farm.together(
      [await farm.adding([{ name: 'good' }]), { commit: commit('good') }],
      [await farm.adding([{ name: 'taken', bytes: 'other' }]), { commit: commit('taken') }],
      [await farm.adding([{ name: 'cancelled' }]), { commit: commit('cancelled') }],
      [await farm.adding([{ name: 'better' }]), { commit: commit('better') }],
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(asked).toEqual(['good', 'cancelled', 'better']);
    expect(await farm.served()).toEqual(['better 1', 'good 1', 'taken 1']);
    expect(farm.registry.publications(testRepository)).toHaveLength(2);
  });

  test('do without the one whose files are damaged', async () => {
    const bad = await farm.make({ name: 'bad' });
    bad.files = bad.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    const [good, damaged] = await farm.together(
      [await farm.adding([{ name: 'good' }])],
      [{ add: [{ derivative: 'main', package: bad }] }],
    );
    expect(good?.status).toBe('fulfilled');
    expect(damaged).toMatchObject({ reason: { outcome: 'publish-failure' } });
    expect(await readdir(join(farm.dir, 'tree/.incoming'))).toEqual([]);
  });

  test('come one after the other where they are about the same package', async () => {
    const [added, removed] = (
      await farm.together([await farm.adding([{ name: 'hello' }])], [{ remove: [{ source: 'hello' }] }])
    ).map(outcome);
    expect([added?.revision, removed?.revision]).toEqual([2, 3]);
    expect(identities(removed?.removed ?? [])).toEqual(['hello 1']);
    expect(await farm.served()).toEqual([]);
  });

  test('tell of their steps those alone that they are still about', async () => {
    const steps: string[] = [];
    const step = (name: string) => (each: WriteStep) => void steps.push(`${name} ${each}`);
    const bad = await farm.make({ name: 'bad' });
    bad.files = bad.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    const commit = () => Promise.reject(new Error('cancelled'));
    await farm.together(
      [await farm.adding([{ name: 'good' }]), { step: step('good') }],
      [await farm.adding([{ name: 'cancelled' }]), { step: step('cancelled'), commit }],
      [{ add: [{ derivative: 'main', package: bad }] }, { step: step('bad') }],
    );
    const told = (name: string) => steps.filter((each) => each.startsWith(name)).map((each) => each.split(' ')[1]);
    expect(told('bad')).toEqual(['start']);
    expect(told('cancelled').at(-1)).toBe('verified');
    expect(told('cancelled').filter((each) => each === 'indexes')).toHaveLength(1);
    expect(told('good').at(-1)).toBe('done');
  });

  test('and fail late, all fail, and leave nothing behind', async () => {
    const step = (each: WriteStep) => {
      if (each === 'verified') throw Object.assign(new Error('write'), { code: 'ENOSPC' });
    };
    const outcomes = await farm.together(
      [await farm.adding([{ name: 'left' }]), { step }],
      [await farm.adding([{ name: 'right' }])],
    );
    const full = { reason: { outcome: 'infrastructure-failure', message: expect.stringContaining('disk') } };
    expect(outcomes).toMatchObject([full, full]);
    expect(await readdir(join(farm.dir, 'tree/.incoming'))).toEqual([]);
    const revisions = join(farm.dir, 'tree/default/deb/dists/bookworm/by-revision');
    expect(await readdir(revisions)).toEqual(['1']);
    expect(await farm.add([{ name: 'right' }])).toMatchObject({ revision: 2, changed: true });
  });
});

test('a publication comes no sooner than the spacing after the last, and takes what came meanwhile', async () => {
  farm.reopen({ spacingMs: 300 });
  const start = performance.now();
  await farm.add([{ name: 'first' }]);
  const changes = await Promise.all(['second', 'third'].map((name) => farm.adding([{ name }])));
  const results = await Promise.all(changes.map((each) => farm.change(each)));
  expect(performance.now() - start).toBeGreaterThan(300);
  expect(results.map(({ revision }) => revision)).toEqual([2, 2]);
});

test('a task that was done is told what it came to, also by another process, and nothing is done again', async () => {
  const first = await farm.add([{ name: 'hello' }], { task: 'again' });
  await farm.change({ remove: [{ name: 'hello' }] });
  farm.reopen();
  expect(await farm.add([{ name: 'hello' }], { task: 'again' })).toEqual(first);
  expect(await farm.served()).toEqual([]);
});

test('a dry run tells what would change, and changes nothing', async () => {
  await farm.add([{ name: 'hello' }]);
  const never = () => Promise.reject(new Error('asked'));
  const tried = await farm.add([{ name: 'other' }], { dryRun: true, commit: never, step: never });
  expect(tried).toMatchObject({ revision: 1, changed: false });
  expect(identities(tried.added)).toEqual(['other 1']);
  const gone = await farm.change({ remove: [{ name: 'hello' }] }, { dryRun: true });
  expect(identities(gone.removed)).toEqual(['hello 1']);
  await expect(farm.change({ remove: [{ name: 'nothing' }] }, { dryRun: true })).rejects.toThrow('nothing in bookworm');
  const elsewhere = { ...testRepository, distribution: 'trixie' };
  await farm.add([{ name: 'other' }], { repository: elsewhere, dryRun: true });
  expect(farm.registry.revisions(elsewhere)).toBeUndefined();
  expect(farm.registry.publications(testRepository)).toHaveLength(1);
});

describe('keepVersions', () => {
  const repository = { ...testRepository, keepVersions: 2 };

  test('lets the newest stay, by source package, and tells what goes', async () => {
    const both = (version: string) => [
      { name: 'hello', version },
      { name: 'hello-doc', source: 'hello', version },
    ];
    await farm.add([...both('1.9'), ...both('1.10')], { repository });
    await farm.add(both('1'), { repository, derivative: 'extra' });
    const { removed } = await farm.add(both('1.11'), { repository });
    expect(identities(removed)).toEqual(['hello 1.9', 'hello-doc 1.9']);
    expect(await farm.served('extra')).toHaveLength(2);
  });

  test('lets an architecture have its newest, as long as nothing newer was built for it', async () => {
    const two = { ...testRepository, architectures: ['amd64', 'arm64'], keepVersions: 1 };
    const add = async (version: string, ...architectures: string[]) => {
      const { removed } = await farm.add(
        architectures.map((architecture) => ({ name: 'hello', version, architecture })),
        { repository: two },
      );
      return removed.map((one) => `${one.version} ${one.architecture}`);
    };
    await add('1', 'amd64', 'arm64');
    expect(await add('2', 'amd64')).toEqual([]);
    expect(await add('2', 'arm64')).toEqual(['1 amd64', '1 arm64']);
  });

  test('refuses what would go at once', async () => {
    await farm.add(
      [
        { name: 'hello', version: '2' },
        { name: 'hello', version: '3' },
      ],
      { repository },
    );
    await expect(farm.add([{ name: 'hello', version: '1' }], { repository })).rejects.toMatchObject({
      outcome: 'rejected',
      message: 'hello 1 would be pruned at once: bookworm keeps 2 versions in main and has 3, 2',
    });
  });
});

describe('keepVersions where an epoch made an older number the newer version', () => {
  const el9 = { ...testRpmRepository, keepVersions: 1 };
  const publish = async (version: string, subpackage?: string) => {
    const { add = [] } = await farm.adding([
      { name: 'foo', version },
      ...(subpackage === undefined ? [] : [{ name: 'foo-plugin', source: 'foo', version: subpackage }]),
    ]);
    // The name of a source RPM tells no epoch.
    const packages = add.map(({ package: one }) => ({
      ...one,
      source: { name: 'foo', version: version.replace(/^\d+:/, '') },
    }));
    return farm.change({ add: packages.map((each) => ({ derivative: 'main', package: each })) });
  };
  beforeEach(async () => {
    await farm.close();
    farm = await openTestRegistry({}, el9);
  });

  test('the newest stays', async () => {
    await publish('2022.1-1', '7:1-1');
    expect(identities((await publish('1:1.0-1', '7:1-2')).removed)).toEqual(['foo 2022.1-1', 'foo-plugin 7:1-1']);
    expect(identities((await publish('1:1.1-1')).removed)).toEqual(['foo 1:1.0-1', 'foo-plugin 7:1-2']);
    await expect(publish('2023.1-1')).rejects.toThrow('foo 2023.1-1 would be pruned at once');
  });

  test('an import takes the newest', async () => {
    const listed = ['2022.1-1', '1:1.0-1'].map((version) => {
      const source = { name: 'foo', version: version.replace(/^\d+:/, '') };
      return { kind: 'binary' as const, name: 'foo', version, architecture: 'x86_64', source, files: [] };
    });
    const choice = { registry: farm.registry, repository: el9, derivative: 'main', selectors: [], line() {} };
    const chosen = await choose(listed, { ...choice, architectures: ['x86_64'], versions: FORMATS.rpm });
    expect(chosen.map(({ version }) => version)).toEqual(['1:1.0-1']);
  });
});

describe('a gate', () => {
  test('sees the publication as clients will, and lets it pass', async () => {
    const seen: string[] = [];
    farm.reopen({
      async gate({ directory, revision, added }) {
        const release = await readFile(join(directory, 'dists/bookworm/InRelease'), 'utf8');
        const index = existsSync(join(directory, 'dists/bookworm/main/binary-amd64/Packages.gz'));
        seen.push(`${revision} ${release.includes('Origin: Example')} ${index} ${existsSync(join(directory, 'pool'))}`);
        expect(added).toEqual([{ derivative: 'main', name: 'hello', version: '1', architecture: 'amd64' }]);
      },
    });
    await farm.add([{ name: 'hello' }]);
    expect(seen).toEqual(['1 true true true']);
  });

  test('keeps a publication back', async () => {
    await farm.add([{ name: 'hello' }]);
    farm.reopen({ gate: () => Promise.reject(new Error('does not install')) });
    const commit = () => Promise.reject(new Error('asked'));
    await expect(farm.add([{ name: 'other' }], { commit })).rejects.toThrow('does not install');
    expect(await farm.served()).toEqual(['hello 1']);
    expect(await readdir(join(farm.dir, 'tree/.incoming'))).toEqual([]);
  });
});

describe('a gate that refuses several changes', () => {
  /** Refuses a publication that brings what is broken, or what needs another that is not there. */
  function strictGate(broken: string[], needs: Record<string, string> = {}) {
    const tried: string[] = [];
    farm.reopen({
      async gate({ added }) {
        const names = added.map(({ name }) => name);
        tried.push(names.join(' '));
        const there = new Set([...names, ...farm.registry.list(testRepository).map(({ name }) => name)]);
        const bad = names.find((name) => broken.includes(name) || !there.has(needs[name] ?? name));
        if (bad) throw new Error(`${bad} does not install`);
      },
    });
    return tried;
  }
  const publish = async (names: string[]) =>
    (
      await farm.together(
        ...(await Promise.all(names.map(async (name) => [await farm.adding([{ name }])] as [PublicationChanges]))),
      )
    ).map((each, index) => (each.status === 'fulfilled' ? 'published' : `${names[index]}: ${each.reason.message}`));

  test('lets all pass but the one whose fault it is, in a few tries', async () => {
    const names = Array.from({ length: 16 }, (_, index) => `p${String(index).padStart(2, '0')}`);
    const tried = strictGate(['p05']);
    const outcomes = await publish(names);
    expect(outcomes.filter((each) => each !== 'published')).toEqual(['p05: p05 does not install']);
    expect(tried.length).toBeLessThanOrEqual(10);
    expect(farm.registry.list(testRepository)).toHaveLength(15);
  });

  test('tries again what needed another that came after it', async () => {
    strictGate(['guilty'], { first: 'second', second: 'third' });
    expect(await publish(['first', 'guilty', 'second', 'third'])).toEqual([
      'published',
      'guilty: guilty does not install',
      'published',
      'published',
    ]);
  });

  test('has not refused what was put off, and is asked no more for what it refused alone', async () => {
    const tried = strictGate(['bad']);
    const [refused, later] = await farm.together(
      [await farm.adding([{ name: 'bad' }, { name: 'with-it' }])],
      [await farm.adding([{ name: 'with-it' }])],
    );
    expect(refused).toMatchObject({ reason: { message: 'bad does not install' } });
    expect(later?.status).toBe('fulfilled');
    expect(tried).toEqual(['bad with-it', 'with-it']);
  });

  test('is asked so many times and no more', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
    const tried = strictGate(names);
    expect((await publish(names)).every((each) => each.endsWith('does not install'))).toBe(true);
    expect(tried).toHaveLength(20);
  });

  test('is asked once where it is broken itself', async () => {
    let asked = 0;
    farm.reopen({
      gate: async () => {
        asked += 1;
        throw new Failure('infrastructure-failure', 'had no answer');
      },
    });
    expect(await publish(['a', 'b', 'c'])).toEqual(['a: had no answer', 'b: had no answer', 'c: had no answer']);
    expect(asked).toBe(1);
  });

  test('leaves alone what brings nothing: it is signed in time, and mended', async () => {
    await farm.add([{ name: 'hello' }]);
    const registry = farm.reopen({ gate: () => Promise.reject(new Error('asked')) });
    expect(await registry.ensurePublished({ repository: testRepository, resign: true })).toBe(true);
    expect(await registry.ensurePublished({ repository: { ...testRepository, distribution: 'trixie' } })).toBe(true);
    await expect(farm.change({ remove: [{ name: 'hello' }] })).rejects.toThrow('asked');
  });
});

describe('an architecture that left the configuration', () => {
  const both = { ...testRepository, architectures: ['amd64', 'i386'] };
  const needed = { outcome: 'rejected', message: 'the architecture i386 of bookworm still holds packages' };
  beforeEach(async () => {
    await farm.add([{ name: 'hello' }, { name: 'old', architecture: 'i386' }, { name: 'doc', architecture: 'all' }], {
      repository: both,
    });
  });

  test('does not take its packages along', async () => {
    await expect(farm.registry.ensurePublished({ repository: testRepository })).rejects.toMatchObject(needed);
    await expect(farm.add([{ name: 'new' }])).rejects.toMatchObject(needed);
    expect(existsSync(join(farm.dir, 'tree/default/deb/dists/bookworm/main/binary-i386/Packages.gz'))).toBe(true);
    expect(farm.registry.troubles()).toMatchObject([{ distribution: 'bookworm', error: needed }]);
  });

  test('does not let the rest expire', async () => {
    let now = Date.now();
    const validDays = 10;
    const registry = farm.reopen({ clock: () => now });
    expect(await registry.ensurePublished({ repository: { ...both, validDays } })).toBe(true);
    now += 6 * 86_400_000;
    await expect(registry.ensurePublished({ repository: { ...testRepository, validDays } })).rejects.toMatchObject(
      needed,
    );
    expect([registry.revisions(testRepository)?.current, registry.troubles()]).toMatchObject([3, [{ error: needed }]]);
  });

  test('goes once they are deleted', async () => {
    await farm.change({ remove: [{ name: 'old' }] }, { repository: both });
    expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(true);
    expect(farm.registry.publication(testRepository, 3)?.manifest.some(({ path }) => path.includes('i386'))).toBe(
      false,
    );
  });
});

test('what clients would refuse is signed again by who looks after it', async () => {
  await farm.add([{ name: 'hello' }]);
  const dists = join(farm.dir, 'tree/default/deb/dists/bookworm');
  const before = await readFile(join(dists, 'InRelease'), 'utf8');
  expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(false);
  await rm(join(dists, 'InRelease'));
  await writeFile(join(dists, 'InRelease'), before.replace('signed', 'signed by another'));
  expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(true);
  expect(await farm.registry.ensurePublished({ repository: testRepository })).toBe(false);
  expect(await farm.served()).toEqual(['hello 1']);
});

test('what clients will distrust is signed anew at half of its time', async () => {
  let now = Date.UTC(2026, 0, 1);
  const repository = { ...testRepository, validDays: 10 };
  const registry = farm.reopen({ clock: () => now });
  expect(await registry.ensurePublished({ repository })).toBe(true);
  now += 4 * 86_400_000;
  expect(await registry.ensurePublished({ repository })).toBe(false);
  now += 86_400_000;
  expect(await registry.ensurePublished({ repository })).toBe(true);
});

test('a piece of an index that became small is joined to the next one, and leaves nothing behind', async () => {
  const named = async (name: string, bytes: number) => {
    const made = await farm.make({ name });
    const stanza = `${made.parts['stanza']?.toString().trimEnd()}\nDescription: ${'x'.repeat(bytes)}\n\n`;
    return { derivative: 'main', package: { ...made, parts: { ...made.parts, stanza } } };
  };
  await farm.change({ add: await Promise.all(['a', 'c', 'd'].map((name) => named(name, 300_000))) });
  await farm.add([{ name: 'b' }]);
  await farm.change({ remove: [{ name: 'a' }, { name: 'c' }] });
  expect(await farm.served()).toEqual(['b 1', 'd 1']);
  using database = new DatabaseSync(join(farm.dir, 'registry.db'), { readOnly: true });
  const left = database.prepare('SELECT id FROM bodies WHERE id NOT IN (SELECT body FROM shards)').all();
  expect(left).toEqual([]);
});
