import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Farm, INSTANCE, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ctl } from '../farm/ctl.ts';
import { submit } from '../farm/submit.ts';

const VERSION = '1.0-1.deb12';
const TAKES = '    - { name: takes, env: bookworm, tag: deb12 }\nallowPrivateSources: true\n';

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
