import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyCleartext } from '@fatbuildr/signing';
import { type DebRecipe, makeDeb, makeSource } from '@fatbuildr/testing/deb';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { signerOf } from '../signer.ts';
import { type Notes, openTestWorkshop, staleFence, type TestWorkshop } from '../test-workshop.ts';

const DAY = 86_400_000;

let shop: TestWorkshop;
beforeEach(async () => {
  shop = await openTestWorkshop();
});
afterEach(() => shop.close());

/** Runs an attempt to its end. */
async function run(...parameters: Parameters<TestWorkshop['start']>): Promise<Notes> {
  const notes = shop.start(...parameters);
  await notes.running.over;
  return notes;
}

const storeDebs = async (...recipes: DebRecipe[]) => shop.store(await Promise.all(recipes.map(makeDeb)));
const storeSource = async (recipe: { name: string; version: string }) => shop.store(await makeSource(recipe));
const inRelease = () => readFile(join(shop.dists, 'InRelease'), 'utf8');

const handedOut = (path: string) => readFile(join(shop.directory, 'tree/default', path), 'utf8');

async function withKeyring(): Promise<Notes> {
  const notes = await run(shop.keyringOrder());
  expect(notes.result?.outcome).toBe('success');
  return notes;
}

describe('keyring', () => {
  test('is created with an empty signed repository, its public key and a sources file', async () => {
    const { result, events, log, commits, closed } = await withKeyring();
    expect(result?.publication?.publications).toEqual([
      { format: 'deb', distribution: 'bookworm', revision: 1 },
      { format: 'rpm', distribution: 'el9', revision: 1 },
    ]);
    expect(shop.told).toMatchObject([
      { distribution: 'bookworm', revision: 1, previous: null, added: [] },
      { distribution: 'el9', revision: 1, previous: null, added: [] },
    ]);
    const publicKey = result?.publication?.keyring?.publicKey as string;
    const release = await verifyCleartext(publicKey, await inRelease(), Date.UTC(2026, 0, 2));
    expect(release).toContain('Components: main extra');
    expect(release).toContain('Origin: default');
    const repo = await readFile(join(shop.directory, 'tree/default/rpm/el9.repo'), 'utf8');
    expect(repo).toContain('mirrorlist=http://farm.example/default/rpm/el9/main/$basearch/mirrorlist');
    const sources = await readFile(join(shop.directory, 'tree/default/deb/bookworm.sources'), 'utf8');
    expect(sources).toContain('URIs: http://farm.example/default/deb/');
    expect(await readFile(join(shop.directory, 'tree/default/keyring.asc'), 'utf8')).toBe(publicKey);
    expect(events).toEqual(['begin publish', 'end publish']);
    expect(log).toMatch(/^created ed25519 key [0-9A-F]{40}\nvalid until 2026-01-31\n/);
    expect([commits, closed]).toEqual([1, 'close']);
  });

  test('is made once: a second task is refused, the same task after a crash is not', async () => {
    const order = shop.keyringOrder();
    const dies = () => Promise.reject(new Error('the process died'));
    const first = await run(order, { result: dies }, 'task1');
    const again = await run(order, {}, 'task1');
    expect(first.result).toBeUndefined();
    expect(again.result?.outcome).toBe('success');
    const other = await run(order, {}, 'task2');
    expect(other.result).toMatchObject({
      outcome: 'rejected',
      cause: { message: 'the instance has a keyring already', hint: expect.stringContaining('renew') },
    });
  });

  test('is not made when the task was cancelled', async () => {
    const { result, closed } = await run(shop.keyringOrder(), { commit: staleFence });
    expect([result, closed]).toEqual([undefined, undefined]);
    expect(existsSync(join(shop.directory, 'keyrings/default'))).toBe(false);
  });

  test('renewed signs every repository again', async () => {
    const { result } = await withKeyring();
    shop.wait(DAY);
    const renewed = await run({ ...shop.keyringOrder('renew'), validityDays: 90 });
    expect(renewed.result?.publication?.publications).toMatchObject([{ revision: 2 }, { revision: 2 }]);
    expect(renewed.result?.publication?.keyring).toMatchObject({
      fingerprint: result?.publication?.keyring?.fingerprint,
      expires: Date.UTC(2026, 0, 2) + 90 * DAY,
    });
    expect(renewed.log).toMatch(/^dnf does not learn of it: .* fatbuildrctl keyring rotate/m);
  });

  test('rotated: both public keys are handed out, both sign for apt, and the log says what comes next', async () => {
    await withKeyring();
    const source = await handedOut('rpm/el9.repo');
    expect(await handedOut('retired-keys.asc')).toBe(await handedOut('keyring.asc'));
    const began = await run({ ...shop.keyringOrder('rotate'), overlapDays: 10 });
    const info = began.result?.publication?.keyring;
    expect(info?.rotation).toMatchObject({ phase: 'announced', switchAt: Date.UTC(2026, 0, 11) });
    expect(began.log).toMatch(/^it takes over on 2026-01-11, or before: fatbuildrctl keyring rotate --switch$/m);
    expect(await handedOut('keyring.asc')).toBe(info?.publicKey);
    expect(await handedOut('deb/bookworm.sources')).toMatch(/BEGIN PGP[^]+BEGIN PGP/);
    expect(await verifyCleartext(info?.publicKey as string, await inRelease(), Date.UTC(2026, 0, 2))).toContain(
      'Origin',
    );

    const switched = await run(shop.keyringOrder('switch'));
    expect(switched.result?.publication?.keyring).toMatchObject({
      fingerprint: info?.rotation?.other.fingerprint,
      rotation: { phase: 'switched', other: { fingerprint: info?.fingerprint } },
    });
    const finished = await run(shop.keyringOrder('finish'));
    const last = finished.result?.publication?.keyring;
    expect(last).toMatchObject({ rotation: null, retired: [info?.fingerprint] });
    expect(await handedOut('keyring.asc')).toBe(last?.publicKey);
    expect(await handedOut('rpm/el9.repo')).toBe(source);
    expect(source).toMatch(/^gpgkey=\S+\/keyring\.asc \S+\/retired-keys\.asc$/m);
    expect(await verifyCleartext(last?.publicKey as string, await inRelease(), Date.UTC(2026, 0, 2))).toContain(
      'Origin',
    );
    expect(finished.result?.publication?.publications).toMatchObject([{ revision: 4 }, { revision: 4 }]);
  }, 30_000);
});

describe('publish', () => {
  test('adds packages and source, and reports what was added', async () => {
    await withKeyring();
    const source = await storeSource({ name: 'hello', version: '1-1' });
    const debs = await storeDebs({ name: 'hello', version: '1-1', control: 'Depends: libc6\n' });
    const { result, events, log } = await run(shop.publishOrder([...debs, ...source], 'extra'), {}, 'task1');
    expect(result).toMatchObject({ outcome: 'success', cause: null, build: null });
    expect(result?.publication?.publications).toEqual([{ format: 'deb', distribution: 'bookworm', revision: 2 }]);
    const publication = shop.told.at(-1);
    expect(publication).toMatchObject({
      distribution: 'bookworm',
      revision: 2,
      previous: 1,
      tasks: ['task1'],
      removed: [],
    });
    expect(publication?.added).toHaveLength(2);
    expect(publication?.added).toContainEqual(
      expect.objectContaining({
        derivative: 'extra',
        name: 'hello',
        version: '1-1',
        architecture: 'amd64',
        relations: { Depends: 'libc6' },
        summary: 'example package',
        sha256: debs[0]?.sha256,
        task: 'task1',
      }),
    );
    for (const { path } of publication?.added ?? []) {
      expect(existsSync(join(shop.directory, 'tree/default', path))).toBe(true);
    }
    const phases = ['ingest', 'index', 'sign', 'verify', 'publish'];
    expect(events).toEqual(phases.flatMap((phase) => [`begin ${phase}`, `end ${phase}`]));
    expect(log).toContain('bookworm is at revision 2: 2 added, 0 removed');
  });

  test('done again, after an attempt that died before its report, is a success that publishes nothing twice', async () => {
    await withKeyring();
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    await run(order, { result: () => Promise.reject(new Error('the process died')) }, 'task1');
    const { result, commits } = await run(order, {}, 'task1');
    expect(result?.outcome).toBe('success');
    expect(result?.publication?.publications).toMatchObject([{ revision: 2 }]);
    expect(commits).toBe(0);
  });

  test('succeeds though the api does not take its log', async () => {
    await withKeyring();
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    const { result, closed } = await run(order, { appendLog: () => Promise.reject(new Error('too large')) });
    expect([result?.outcome, closed]).toEqual(['success', 'close']);
  });

  test('refuses the same version with other bytes', async () => {
    await withKeyring();
    const recipe = { name: 'hello', version: '1' };
    await run(shop.publishOrder(await storeDebs(recipe)));
    const before = await inRelease();
    const other = await storeDebs({ ...recipe, files: { './usr/share/other': 'other' } });
    const { result, log, closed } = await run(shop.publishOrder(other));
    expect(result).toMatchObject({ outcome: 'rejected', publication: null });
    expect(result?.cause?.message).toContain('hello 1 (amd64) is in bookworm with other content');
    expect(log).toContain('==> rejected: hello 1 (amd64) is in bookworm');
    expect(closed).toBe('close');
    expect(await inRelease()).toBe(before);
  });

  test('a cancel before the commit leaves the repository as it was, and says nothing', async () => {
    await withKeyring();
    const before = await inRelease();
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    const { result, closed } = await run(order, { commit: staleFence });
    expect([result, closed]).toEqual([undefined, undefined]);
    expect(await inRelease()).toBe(before);
    expect(shop.published()).toEqual([]);
  });

  test('ends when a heartbeat is answered that the attempt is lost', async () => {
    await withKeyring();
    const { readPackage } = shop.session;
    shop.session.readPackage = async (file) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return readPackage(file);
    };
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    const { result, commits } = await run(order, { heartbeat: staleFence });
    expect([result, commits]).toEqual([undefined, 0]);
  });

  test('a signer that fails is a publish-failure, and the repository stays', async () => {
    await withKeyring();
    const before = await inRelease();
    const { get } = shop.workshop.keyrings;
    const failing = { ...(await get('default')), signDetached: () => Promise.reject(new Error('no entropy')) };
    shop.workshop.keyrings.signerFor = async () => signerOf(failing);
    const { result, commits } = await run(shop.publishOrder(await storeDebs({ name: 'hello', version: '1' })));
    expect(result).toMatchObject({
      outcome: 'publish-failure',
      cause: { message: 'the repository could not be signed: no entropy' },
    });
    expect(commits).toBe(0);
    expect(await inRelease()).toBe(before);
  });

  test.each(['one key', 'two keys'])(
    'a signer of %s that gives no answer is given up',
    async (keys) => {
      await withKeyring();
      if (keys === 'two keys') await run(shop.keyringOrder('rotate'));
      const before = await inRelease();
      const keyring = await shop.workshop.keyrings.get('default');
      const asked = Promise.withResolvers<void>();
      const hang = () => {
        asked.resolve();
        return new Promise<never>(() => {});
      };
      shop.workshop.keyrings.signerFor = async () => signerOf({ ...keyring, signDetached: hang });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const notes = shop.start(shop.publishOrder(await storeDebs({ name: 'hello', version: '1' })));
        await asked.promise;
        await vi.advanceTimersByTimeAsync(120_000);
        await notes.running.over;
        expect(notes.result).toMatchObject({ outcome: 'publish-failure' });
        expect(notes.result?.cause?.message).toContain('no answer');
      } finally {
        vi.useRealTimers();
      }
      expect(await inRelease()).toBe(before);
    },
    30_000,
  );

  test('several that wait for one repository become one publication, and each is told its own part', async () => {
    await withKeyring();
    const names = ['aa', 'bb', 'cc', 'dd'];
    const orders = await Promise.all(
      names.map(async (name) => shop.publishOrder(await storeDebs({ name, version: '1' }))),
    );
    const notes = await Promise.all(orders.map((order, index) => run(order, {}, `task-${names[index]}`)));
    expect(notes.map(({ result }) => result?.outcome)).toEqual(names.map(() => 'success'));
    expect(shop.published()).toEqual(names.map((name) => `main ${name} 1 amd64`));
    const revisions = new Set(
      notes.flatMap(({ result }) => result?.publication?.publications.map((one) => one.revision)),
    );
    expect(revisions.size).toBeLessThan(names.length);
    for (const { log } of notes) expect(log).toContain(': 1 added, 0 removed');
  });

  test('an RPM package is signed with the key of the instance', async () => {
    await withKeyring();
    const rpms = await shop.store(await makeRpm({ name: 'hello', version: '2.10' }));
    const { result } = await run(shop.publishOrder(rpms, 'extra', 'rpm'), {}, 'task1');
    expect(result).toMatchObject({ outcome: 'success' });
    expect(shop.published('el9', 'rpm').toSorted()).toEqual(['extra hello 2.10-1 noarch', 'extra hello 2.10-1 src']);
    const [added] = shop.told.at(-1)?.added ?? [];
    expect(rpms.map(({ sha256 }) => sha256)).not.toContain(added?.sha256);
    expect(existsSync(join(shop.directory, 'tree/default', added!.path))).toBe(true);
    expect(await readdir(shop.workshop.registry.scratch)).toEqual([]);
  });

  test('names a blob that is gone or damaged', async () => {
    await withKeyring();
    const [gone] = await storeDebs({ name: 'gone', version: '1' });
    await rm(shop.workshop.blobPath(gone!.sha256));
    expect((await run(shop.publishOrder([gone!]))).result).toMatchObject({
      outcome: 'infrastructure-failure',
      cause: { message: expect.stringContaining('gone_1_amd64.deb cannot be read from the blob store') },
    });
    const source = await storeSource({ name: 'damaged', version: '1' });
    await appendFile(shop.workshop.blobPath(source[1]!.sha256), 'x');
    expect((await run(shop.publishOrder(source))).result).toMatchObject({
      outcome: 'publish-failure',
      cause: { message: expect.stringContaining('damaged_1.tar.gz: expected sha256') },
    });
    expect(shop.published()).toEqual([]);
  });

  test('of an instance without keyring, or that is not configured, is refused', async () => {
    const files = await storeDebs({ name: 'hello', version: '1' });
    expect((await run(shop.publishOrder(files))).result?.cause?.message).toBe('the instance has no keyring yet');
    const foreign = { ...shop.publishOrder(files), instance: 'other' };
    expect((await run(foreign)).result?.cause?.message).toBe('There is no instance called other.');
  });

  test('is handed back when the publisher stops before the commit, and finished after it', async () => {
    await withKeyring();
    const { readPackage } = shop.session;
    const reading = Promise.withResolvers<void>();
    shop.session.readPackage = async (file) => {
      reading.resolve();
      return readPackage(file);
    };
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    const stopped = shop.start(order);
    await reading.promise;
    stopped.running.handBack();
    await stopped.running.over;
    expect([stopped.result, stopped.closed, stopped.commits]).toEqual([undefined, 'handback', 0]);

    const late: Notes = shop.start(order, { commit: async () => late.running.handBack() });
    await late.running.over;
    expect([late.result?.outcome, late.closed]).toEqual(['success', 'close']);
  });
});
