import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltFile, type DebRecipe, makeDeb, makeSource, putFiles } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aptClient } from '../registry/apt-client.ts';
import { type ServedRegistry, servedRegistry } from '../registry/farm.ts';
import { importer } from './importing.ts';
import { type ForeignKey, foreignKey, makeAptly, makeReprepro } from './other-repositories.ts';

let dir: string;
let key: ForeignKey;
let farm: ServedRegistry;
let imports: ReturnType<typeof importer>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
  [key, farm] = await Promise.all([foreignKey(), servedRegistry({ judged: false })]);
  imports = importer(farm);
});
afterAll(async () => {
  await imports.close();
  await farm.close();
  await key.remove();
  await rm(dir, { recursive: true, force: true });
});

let batches = 0;
const put = (files: { name: string; content: Uint8Array }[]): Promise<BuiltFile[]> =>
  putFiles(join(dir, `built/${batches++}`), files);
const debs = async (...recipes: DebRecipe[]) => put(await Promise.all(recipes.map(makeDeb)));
const paths = (files: BuiltFile[]) => files.map(({ path }) => path);

test('what reprepro made is installed by apt from here, byte for byte', async () => {
  const built = await debs(
    { name: 'old-hello', version: '1:2.0-1', control: 'Depends: old-data\n' },
    { name: 'old-data', version: '2.0-1', architecture: 'all' },
  );
  const [dsc, ...rest] = await put(await makeSource({ name: 'old-source', version: '1.0' }));
  const directory = join(dir, 'reprepro');
  await makeReprepro(directory, key, paths(built), [dsc?.path as string]);
  const { added, changed } = await imports.from(directory, key.publicKey);
  expect(changed).toBe(true);
  expect(added.map(({ name, version, architecture }) => [name, version, architecture])).toEqual([
    ['old-data', '2.0-1', 'all'],
    ['old-hello', '1:2.0-1', 'amd64'],
    ['old-source', '1.0', 'source'],
  ]);
  expect(new Set(added.flatMap(({ files }) => files.map(({ sha256 }) => sha256)))).toEqual(
    new Set([...built, ...rest, dsc].map((file) => file?.sha256)),
  );
  await farm.judge('old-hello');
  await using client = { ...(await aptClient(await farm.sources())), [Symbol.asyncDispose]: () => client.remove() };
  await client.update();
  expect(await client.versions('old-hello')).toEqual(['1:2.0-1']);
});

test('what aptly made comes in all its versions, and again at no cost', async () => {
  const built = await debs(
    { name: 'aptly-a', version: '1' },
    { name: 'aptly-a', version: '2' },
    { name: 'aptly-b', version: '1', extension: 'udeb' },
  );
  const directory = await makeAptly(join(dir, 'aptly'), key, paths(built));
  const first = await imports.from(directory, key.publicKey);
  expect(first.added.map(({ name, version, kind }) => [name, version, kind])).toEqual([
    ['aptly-a', '1', 'binary'],
    ['aptly-a', '2', 'binary'],
    ['aptly-b', '1', 'udeb'],
  ]);
  await farm.judge('aptly-a');
  const again = await imports.from(directory, key.publicKey);
  expect(again).toMatchObject({ changed: false, revision: first.revision, added: [] });
  expect(again.lines.join('\n')).toContain('3 packages: 3 published already, 0 in the pool, 0 to be brought');
});
