import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDeb, putFiles } from '@fatbuildr/testing/deb';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ctl } from '../farm/ctl.ts';
import { submit } from '../farm/submit.ts';
import { foreignKey, makeReprepro } from './other-repositories.ts';
import { stallingServer } from './stalling-server.ts';

const VERSION = '1.0-1.deb12';
const TAKES = `    - { name: takes, env: bookworm, tag: deb12 }
    - { name: slow, env: bookworm, tag: deb12 }
allowPrivateSources: true
`;
/** So many are staged together: they stay when it comes to nothing. */
const PORTION = 100;
const MANY = PORTION + 20;

let redis: TestRedis;
let farm: Farm;
beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url, instances: { default: `${INSTANCE}${TAKES}` } });
  expect(await farm.ended(await submit(farm.client, { artifact: 'hello' }))).toMatchObject({ version: VERSION });
});
afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

const registryImport = (...words: string[]) => ctl(farm, ['registry', 'import', '-d', 'takes', ...words]);

test('what another farm serves is taken over by a command, through api and publisher', async () => {
  const location = `${farm.url}/default`;
  const unsigned = await registryImport(location, '--suite', 'bookworm', '--yes');
  expect(unsigned.status).not.toBe(0);
  expect(unsigned.stderr + unsigned.stdout).toContain('give the key that signed it with --key FILE');

  const key = join(farm.directory, 'other.asc');
  await writeFile(key, await (await fetch(`${location}/keyring.asc`)).text());
  const words = [location, '--suite', 'bookworm', '--key', key];
  const dry = await registryImport(...words, '--dry-run');
  expect(dry).toMatchObject({ status: 0 });
  expect(dry.stdout).toContain(`would add hello ${VERSION} (amd64) in main`);
  expect(await registryImport(...words, '--yes')).toMatchObject({ status: 0 });
  const list = async (distribution: string) =>
    JSON.parse((await ctl(farm, ['registry', 'list', '-d', distribution, '--json'])).stdout).map(
      ({ name, version, architecture, sha256 }: Record<string, string>) => ({ name, version, architecture, sha256 }),
    );
  const [theirs, ours] = [await list('bookworm'), await list('takes')];
  expect(ours).toEqual(theirs);
  expect(ours.length).toBeGreaterThan(1);
});

test('a password in a URL is refused before it is kept anywhere, and so is a directory nobody allowed', async () => {
  const secret = await registryImport('https://me:secret@old.example.org/debian', '--unsigned', '--yes');
  expect(secret.status).not.toBe(0);
  expect(secret.stderr).toContain('without a name, password');
  const directory = await registryImport(farm.directory, '--yes');
  expect(directory.status).not.toBe(0);
  expect(directory.stderr + directory.stdout).toContain('imports.roots');
});

test('while an import brings its packages others publish; cancelled it leaves nothing but what the next one need not bring', async () => {
  const key = await foreignKey();
  const directory = join(farm.directory, 'slow');
  const recipes = Array.from({ length: MANY }, (_, index) => ({ name: `slow${index}`, version: '1' }));
  const debs = await putFiles(join(directory, 'built'), await Promise.all(recipes.map(makeDeb)));
  await makeReprepro(
    directory,
    key,
    debs.map(({ path }) => path),
  );
  const server = await stallingServer(directory, (path, count) => path.endsWith('.deb') && count > PORTION + 5);
  try {
    const take = (dryRun = false) =>
      farm.client.importIntoRegistry({
        params: { instance: 'default' },
        body: {
          ...{ format: 'deb', distribution: 'slow', dryRun },
          source: { location: server.url, suite: 'bookworm', publicKey: key.publicKey },
        },
      });
    const first = await take();
    await server.stalled;
    const others = [];
    for (let count = 0; count < 16; count += 1) others.push(await take(true));

    const built = await farm.ended(await submit(farm.client, { artifact: 'meanwhile' }));
    expect(built).toMatchObject({ outcome: 'success' });
    const words = await ctl(farm, ['registry', 'list', '-d', 'bookworm', '--json']);
    expect(words.stdout).toContain('meanwhile');
    expect(await farm.client.task({ params: { task: first.id } })).toMatchObject({ state: 'publishing' });

    for (const one of others) await farm.client.cancel({ params: { task: one.id } });
    expect(await ctl(farm, ['cancel', first.id])).toMatchObject({ status: 0 });
    expect(await farm.ended(first)).toMatchObject({ outcome: 'cancelled' });
    const scratch = join(farm.directory, 'state/registry/.incoming');
    await vi.waitFor(async () => expect(await readdir(scratch)).toEqual([]), { timeout: 10_000 });
    expect(JSON.parse((await ctl(farm, ['registry', 'list', '-d', 'slow', '--json'])).stdout)).toEqual([]);

    server.goOn();
    const asked = server.count();
    const again = await farm.ended(await take());
    expect(again).toMatchObject({ outcome: 'success' });
    expect(JSON.parse((await ctl(farm, ['registry', 'list', '-d', 'slow', '--json'])).stdout)).toHaveLength(MANY);
    expect(server.count() - asked).toBe(MANY - PORTION);
  } finally {
    await server.close();
    await key.remove();
  }
});
