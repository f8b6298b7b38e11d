import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyring, packageOf, publication, type TestControl, testControl } from './test-control.ts';

let farm: TestControl;
beforeEach(async () => {
  farm = await testControl();
});
afterEach(() => farm.close());

const list = async (query = {}) =>
  (await farm.registry.packages('default', 'deb', 'bookworm', { limit: 50, ...query })).packages.map(
    (found) => `${found.name} ${found.version}`,
  );

test('a sync replaces what was known, the keyring too', async () => {
  const sync = (packages: [string, string][], revision: number) =>
    publication(
      revision,
      packages.map(([name, version]) => packageOf(name, version)),
    );
  await farm.registry.sync({
    instance: 'default',
    ...sync(
      [
        ['a', '1'],
        ['b', '1'],
      ],
      5,
    ),
    keyring,
  });
  expect(await list()).toEqual(['a 1', 'b 1']);
  await farm.registry.sync({ instance: 'default', ...sync([['b', '2']], 3), keyring: null });
  expect(await list()).toEqual(['b 2']);
  expect(await farm.registry.keyring('default')).toBeUndefined();
  await farm.registry.sync({ instance: 'default', publications: [], keyring: null });
  expect(await list()).toEqual([]);
});

test('pages hold every package once, filtered by derivative and artifact', async () => {
  const packages = ['a', 'b', 'c'].flatMap((name) => [packageOf(name, '1'), packageOf(name, '2', 'backports')]);
  await farm.registry.sync({ instance: 'default', ...publication(1, packages), keyring });
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
