import { existsSync } from 'node:fs';
import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryDeleteOrder } from '@fatbuildr/domain';
import { createLogger } from '@fatbuildr/service';
import { verifyCleartext } from '@fatbuildr/signing';
import { type DebRecipe, makeDeb, makeSource } from '@fatbuildr/testing/deb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureConfigured } from '../ensure-configured.ts';
import { contentsOf } from '../publications.ts';
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
const packages = () => readFile(join(shop.dists, 'main/binary-amd64/Packages'), 'utf8');

async function withKeyring(): Promise<Notes> {
  const notes = await run(shop.keyringOrder());
  expect(notes.result?.outcome).toBe('success');
  return notes;
}

describe('keyring', () => {
  test('is created with an empty signed repository, its public key and a sources file', async () => {
    const { result, events, log, commits, closed } = await withKeyring();
    expect(result?.publication?.publications).toMatchObject([
      { format: 'deb', distribution: 'bookworm', revision: 1, full: true, added: [] },
    ]);
    const publicKey = result?.publication?.keyring?.publicKey as string;
    const release = await verifyCleartext(publicKey, await inRelease(), Date.UTC(2026, 0, 2));
    expect(release).toContain('Components: main extra');
    expect(release).toContain('Origin: default');
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
    expect(renewed.result?.publication?.publications).toMatchObject([{ revision: 2 }]);
    expect(renewed.result?.publication?.keyring).toMatchObject({
      fingerprint: result?.publication?.keyring?.fingerprint,
      expires: Date.UTC(2026, 0, 2) + 90 * DAY,
    });
  });
});

describe('publish', () => {
  test('adds packages and source, and reports what was added', async () => {
    await withKeyring();
    const source = await storeSource({ name: 'hello', version: '1-1' });
    const debs = await storeDebs({ name: 'hello', version: '1-1', control: 'Depends: libc6\n' });
    const { result, events, log } = await run(shop.publishOrder([...debs, ...source], 'extra'), {}, 'task1');
    expect(result).toMatchObject({ outcome: 'success', cause: null, build: null });
    const [publication] = result?.publication?.publications ?? [];
    expect(publication).toMatchObject({ distribution: 'bookworm', revision: 2, full: false, removed: [] });
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

  test('done again, after an attempt that died before its report, is a success that tells everything', async () => {
    await withKeyring();
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    await run(order, { result: () => Promise.reject(new Error('the process died')) });
    const { result, commits } = await run(order);
    expect(result?.outcome).toBe('success');
    expect(result?.publication?.publications).toMatchObject([{ revision: 2, full: true, added: [{ name: 'hello' }] }]);
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
    expect(await packages()).toBe('');
  });

  test('ends when a heartbeat is answered that the attempt is lost', async () => {
    await withKeyring();
    const { read } = shop.workshop;
    shop.workshop.read = async (file) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return read(file);
    };
    const order = shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }));
    const { result, commits } = await run(order, { heartbeat: staleFence });
    expect([result, commits]).toEqual([undefined, 0]);
  });

  test('a signer that fails is a publish-failure, and the repository stays', async () => {
    await withKeyring();
    const before = await inRelease();
    const keyring = await shop.workshop.keyrings.get('default');
    shop.workshop.keyrings.get = async () => ({
      ...keyring,
      signDetached: () => Promise.reject(new Error('no entropy')),
    });
    const { result, commits } = await run(shop.publishOrder(await storeDebs({ name: 'hello', version: '1' })));
    expect(result).toMatchObject({
      outcome: 'publish-failure',
      cause: { message: 'the repository could not be signed: no entropy' },
    });
    expect(commits).toBe(0);
    expect(await inRelease()).toBe(before);
  });

  test('a signer that gives no answer is given up', async () => {
    await withKeyring();
    const before = await inRelease();
    const keyring = await shop.workshop.keyrings.get('default');
    const asked = Promise.withResolvers<void>();
    const hang = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    shop.workshop.keyrings.get = async () => ({ ...keyring, signDetached: hang });
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
    expect(await packages()).toBe('');
  });

  test('of an instance without keyring, or that is not configured, is refused', async () => {
    const files = await storeDebs({ name: 'hello', version: '1' });
    expect((await run(shop.publishOrder(files))).result?.cause?.message).toBe('the instance has no keyring yet');
    const foreign = { ...shop.publishOrder(files), instance: 'other' };
    expect((await run(foreign)).result?.cause?.message).toBe('There is no instance called other.');
  });

  test('is handed back when the publisher stops before the commit, and finished after it', async () => {
    await withKeyring();
    const { read } = shop.workshop;
    const reading = Promise.withResolvers<void>();
    shop.workshop.read = async (file) => {
      reading.resolve();
      return read(file);
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

describe('registry-delete', () => {
  const order = (version: string | null): RegistryDeleteOrder => ({
    kind: 'registry-delete',
    instance: 'default',
    repository: shop.publishOrder([]).repository,
    derivative: 'main',
    artifact: 'hello',
    version,
  });
  beforeEach(async () => {
    await withKeyring();
    const files = await storeDebs({ name: 'hello', version: '1' }, { name: 'hello', version: '2' });
    await run(shop.publishOrder(files));
  });

  test('takes out one version, or all', async () => {
    const one = await run(order('1'));
    expect(one.result?.publication?.publications).toMatchObject([
      { full: false, removed: [{ derivative: 'main', name: 'hello', version: '1', architecture: 'amd64' }] },
    ]);
    await run(order(null));
    expect(await packages()).toBe('');
  });

  test('refuses what is not there, but not what an earlier attempt of the same task took out', async () => {
    expect((await run(order('3'))).result?.outcome).toBe('rejected');
    await run(order('1'), { result: () => Promise.reject(new Error('the process died')) }, 'task1');
    const { result } = await run(order('1'), {}, 'task1');
    expect(result).toMatchObject({ outcome: 'success' });
    expect(result?.publication?.publications).toMatchObject([{ full: true, added: [{ version: '2' }] }]);
  });
});

test('at start new derivatives and distributions are published, and everything is told', async () => {
  const log = createLogger({ name: 'publisher', level: 'silent' });
  await ensureConfigured(shop.workshop, log);
  expect(await contentsOf(shop.workshop)).toEqual([{ instance: 'default', publications: [], keyring: null }]);
  await withKeyring();
  await run(shop.publishOrder(await storeDebs({ name: 'hello', version: '1' })));
  shop.instance.derivatives.push({ name: 'third', formats: ['deb'], extends: 'main' });
  shop.instance.distributions.push({ ...shop.instance.distributions[0]!, name: 'trixie' });
  await ensureConfigured(shop.workshop, log);
  expect(await readFile(join(shop.dists, 'third/source/Sources'), 'utf8')).toBe('');
  const [contents] = await contentsOf(shop.workshop);
  expect(contents).toMatchObject({
    keyring: { algorithm: 'ed25519' },
    publications: [
      { distribution: 'bookworm', full: true, revision: 3, added: [{ name: 'hello' }] },
      { distribution: 'trixie', full: true, revision: 1, added: [] },
    ],
  });
});

test('a repository that cannot be as configured does not hold up the start', async () => {
  await withKeyring();
  await run(shop.publishOrder(await storeDebs({ name: 'hello', version: '1' }), 'extra'));
  shop.instance.derivatives.length = 0;
  const lines: string[] = [];
  await ensureConfigured(
    shop.workshop,
    createLogger({ name: 'publisher', destination: { write: (line) => void lines.push(line) } }),
  );
  expect(lines.join('')).toContain('the derivative extra of bookworm still holds packages');
});
