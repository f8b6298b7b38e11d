import type { PublicationPart } from '@fatbuildr/domain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyring, packageOf, partOf, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

const list = async (query = {}) =>
  (await farm.registry.packages('default', 'deb', 'bookworm', { limit: 50, ...query })).packages.map(
    (found) => `${found.name} ${found.version}`,
  );
const key = (name: string, version: string, derivative = 'main') => ({
  ...{ derivative, name, version },
  architecture: 'amd64',
});
const tell = async (part: PublicationPart) => (await farm.registry.takePart(part)).known;
const sync = (revision: number, { lineage = 'first', oldest = 1 } = {}) =>
  farm.registry.sync({
    ...{ instance: 'default', lineage, keyring },
    repositories: [{ format: 'deb', distribution: 'bookworm', oldest, revision }],
  });

describe('publications are taken in their order', () => {
  test('one after the other, each with what it changed', async () => {
    await farm.tell([packageOf('a', '1'), packageOf('b', '1')]);
    await farm.tell([packageOf('a', '2')], { removed: [key('a', '1')], tasks: ['aaaaaaaaaaaaaaaa'] });
    expect(await list()).toEqual(['a 2', 'b 1']);
    expect(await list({ revision: 1 })).toEqual(['a 1', 'b 1']);
    const { publications } = await farm.registry.publications('default', 'deb', 'bookworm', { limit: 10 });
    expect(publications).toMatchObject([
      { revision: 2, previous: 1, current: true, added: 1, removed: 1, tasks: ['aaaaaaaaaaaaaaaa'] },
      { revision: 1, previous: null, current: false, added: 2, removed: 0 },
    ]);
  });

  test('what does not follow changes nothing, and the answer says where to go on', async () => {
    expect(await tell(partOf(2, [packageOf('a', '2')]))).toBe(0);
    expect(await tell(partOf(1, [packageOf('a', '1')]))).toBe(1);
    expect(await tell(partOf(3, [packageOf('a', '3')]))).toBe(1);
    expect(await tell(partOf(1, [packageOf('a', '1')]))).toBe(1);
    expect(await list()).toEqual(['a 1']);
  });

  test('a publication counts from its last part on; begun again, it is told anew', async () => {
    await farm.tell([packageOf('a', '1')]);
    const gone = partOf(2, [packageOf('x', '1')], { removed: [key('a', '1')], files: null });
    expect(await tell(gone)).toBe(1);
    expect(await list()).toEqual(['a 1']);
    expect(await tell(partOf(2, [packageOf('b', '1')], { files: null }))).toBe(1);
    expect(await tell(partOf(2, [packageOf('c', '1')], { first: false }))).toBe(2);
    expect(await list()).toEqual(['a 1', 'b 1', 'c 1']);
    const detail = await farm.registry.publication('default', 'deb', 'bookworm', 2);
    expect(detail).toMatchObject({ added: 2, removed: 0 });
  });

  test('a package of the same version may take the place of one with other bytes', async () => {
    await farm.tell([packageOf('a', '1')]);
    const again = { ...packageOf('a', '1'), sha256: '1'.repeat(64) };
    await farm.tell([again], { removed: [key('a', '1')] });
    expect(await list()).toEqual(['a 1']);
    const { packages } = await farm.registry.packages('default', 'deb', 'bookworm', { limit: 1 });
    expect(packages).toMatchObject([{ sha256: again.sha256 }]);
    const changed = await farm.registry.difference('default', {
      ...{ format: 'deb', distribution: 'bookworm', revision: 1, limit: 50 },
    });
    expect(changed.packages).toMatchObject([{ name: 'a', from: ['1'], to: ['1'] }]);
  });
});

describe('at its start the publisher says what it has', () => {
  const known = async (...sent: Parameters<typeof sync>) => (await sync(...sent)).repositories[0]?.known;

  test('and goes on where the api knows it', async () => {
    expect(await known(2)).toBe(0);
    await farm.tell([packageOf('a', '1')]);
    expect(await known(2)).toBe(1);
    expect(await farm.registry.keyring('default')).toEqual(keyring);
  });

  test('another registry, or one that was set back, is told anew', async () => {
    await farm.tell([packageOf('a', '1')]);
    await farm.tell([packageOf('b', '1')]);
    expect(await known(2, { lineage: 'second' })).toBe(0);
    expect(await list()).toEqual([]);
    expect(await tell(partOf(1, [packageOf('c', '1')], { lineage: 'second' }))).toBe(1);
    expect(await tell(partOf(2, [packageOf('d', '1')]))).toBe(0);
    expect(await known(1, { lineage: 'second' })).toBe(1);
    expect(await list()).toEqual(['c 1']);
  });

  test('what is set back by a backup is told anew too', async () => {
    await farm.tell([packageOf('a', '1')]);
    await farm.tell([packageOf('b', '1')]);
    expect(await known(1)).toBe(0);
    expect(await list()).toEqual([]);
  });

  test('what it does not name is gone, its keyring too', async () => {
    await farm.tell([packageOf('a', '1')]);
    await farm.registry.sync({ instance: 'default', lineage: 'first', keyring: null, repositories: [] });
    expect(await list()).toEqual([]);
    expect(await farm.registry.keyring('default')).toBeUndefined();
  });

  test('what was collected is forgotten, and asked for in vain', async () => {
    await farm.tell([packageOf('a', '1')]);
    await farm.tell([packageOf('b', '1')], { removed: [key('a', '1')] });
    await farm.tell([packageOf('c', '1')]);
    await sync(3, { oldest: 2 });
    expect(await list({ revision: 2 })).toEqual(['b 1']);
    await expect(list({ revision: 1 })).rejects.toMatchObject({
      kind: 'not-found',
      hint: expect.stringContaining('Kept are 2 to 3'),
    });
    await farm.tell([], { oldest: 3 });
    await expect(list({ revision: 2 })).rejects.toMatchObject({ kind: 'not-found' });
    const left = await farm.database.stores.published.page(
      { instance: 'default', format: 'deb', distribution: 'bookworm' },
      { revision: 1 },
      { limit: 5 },
    );
    expect(left).toEqual([]);
  });
});

test('pages hold every package once, filtered by derivative and artifact', async () => {
  await farm.tell(['a', 'b', 'c'].flatMap((name) => [packageOf(name, '1'), packageOf(name, '2', 'backports')]));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await farm.registry.packages('default', 'deb', 'bookworm', { limit: 4, cursor });
    seen.push(...page.packages.map((found) => `${found.name} ${found.derivative}`));
    cursor = page.next ?? undefined;
  } while (cursor);
  expect(seen).toEqual(['a backports', 'a main', 'b backports', 'b main', 'c backports', 'c main']);
  expect(await list({ derivative: 'main' })).toEqual(['a 1', 'b 1', 'c 1']);
  expect(await list({ artifact: 'b' })).toEqual(['b 2', 'b 1']);
  await expect(list({ cursor: 'x' })).rejects.toMatchObject({ kind: 'bad-request' });
});

test('an unknown distribution is told from an empty one', async () => {
  expect(await list()).toEqual([]);
  await expect(farm.registry.packages('default', 'deb', 'sid', { limit: 1 })).rejects.toMatchObject({
    kind: 'unprocessable',
    hint: 'Known: bookworm.',
  });
});

describe('a difference', () => {
  const difference = (query = {}) =>
    farm.registry.difference('default', { format: 'deb', distribution: 'bookworm', limit: 50, ...query });
  const words = (page: Awaited<ReturnType<typeof difference>>) =>
    page.packages.map(({ derivative, name, from, to }) => `${derivative} ${name} ${from} > ${to}`);

  test('between two revisions: packages by version, and the indexes', async () => {
    const file = (path: string, digit: string) => ({ path, size: 1, sha256: digit.repeat(64) });
    await farm.tell([packageOf('a', '1'), packageOf('b', '1'), packageOf('c', '1')], {
      files: [file('main/binary-amd64/Packages.gz', '1'), file('main/source/Sources.gz', '1')],
    });
    await farm.tell([packageOf('a', '2'), packageOf('d', '1')], {
      removed: [key('a', '1'), key('b', '1')],
      files: [file('main/binary-amd64/Packages.gz', '2'), file('main/source/Sources.gz', '1')],
    });
    const found = await difference({ revision: 1 });
    expect(words(found)).toEqual(['main a 1 > 2', 'main b 1 > ', 'main d  > 1']);
    expect(found).toMatchObject({ from: { revision: 1 }, to: { revision: 2 }, next: null });
    expect(found.files.map(({ path }) => path)).toEqual(['main/binary-amd64/Packages.gz']);
    expect(words(await difference({ revision: 2, toRevision: 1 }))).toEqual([
      'main a 2 > 1',
      'main b  > 1',
      'main d 1 > ',
    ]);
    expect(words(await difference())).toEqual([]);
  });

  test('between two derivatives', async () => {
    await farm.tell([
      packageOf('a', '1'),
      packageOf('b', '1'),
      packageOf('a', '2', 'backports'),
      packageOf('b', '1', 'backports'),
    ]);
    expect(words(await difference({ derivative: 'main', toDerivative: 'backports' }))).toEqual(['backports a 1 > 2']);
    expect(words(await difference({ toDerivative: 'main' }))).toEqual([]);
  });

  test('comes in pages that keep the versions of a package together', async () => {
    await farm.tell([]);
    await farm.tell(['a', 'b', 'c'].flatMap((name) => [packageOf(name, '1'), packageOf(name, '2')]));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await difference({ revision: 1, limit: 2, cursor });
      seen.push(...words(page));
      cursor = page.next ?? undefined;
    } while (cursor);
    expect(seen).toEqual(['main a  > 1,2', 'main b  > 1,2', 'main c  > 1,2']);
  });

  test('of what was never published, or is not kept, says so', async () => {
    await expect(difference()).rejects.toMatchObject({ kind: 'unprocessable' });
    await farm.tell([]);
    await expect(difference({ revision: 7 })).rejects.toMatchObject({ kind: 'not-found' });
  });
});

test('a publication names the tasks behind it, as far as they are known', async () => {
  await farm.ready();
  const task = await farm.build();
  await farm.tell([packageOf('hello', '1')], { tasks: [task.id, 'a'.repeat(16)] });
  expect(await farm.registry.publication('default', 'deb', 'bookworm', 1)).toMatchObject({
    tasks: [task.id, 'a'.repeat(16)],
    requests: [{ id: task.id, artifact: 'hello' }],
  });
});
