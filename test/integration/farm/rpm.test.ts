import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Farm, startFarm } from '@fatbuildr/testing/farm';
import { startRedis, type TestRedis } from '@fatbuildr/testing/redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dnf } from '../registry/dnf-client.ts';
import { submit } from './submit.ts';

const INSTANCE = `name: Farm of RPM packages
gpg: { name: Farm of RPM packages, email: rpms@fatbuildr.invalid }
formats:
  rpm:
    - { name: el9, tag: el9, builder: rpmbuild, repositories: [{ id: base, baseurl: 'http://base.invalid/' }] }
`;

const run = promisify(execFile);
let redis: TestRedis;
let farm: Farm;
let root: string;

beforeAll(async () => {
  redis = await startRedis();
  farm = await startFarm({ redis: redis.url, instances: { default: INSTANCE } });
  root = await mkdtemp(join(farm.directory, 'dnf-'));
});

afterAll(async () => {
  await farm?.stop();
  await redis?.stop();
});

const client = () => ({ paths: { tree: join(farm.directory, 'state/registry') } });
const installed = async () => {
  const query = ['--root', join(root, 'root'), '-q', '--qf', '%{version}-%{release}', 'sample'];
  return (await run('rpm', query, { env: { ...process.env, HOME: root } })).stdout;
};
const build = async () =>
  farm.ended(await submit(farm.client, { artifact: 'sample', format: 'rpm', distribution: 'el9' }));

test('an RPM goes from its definition to a client, and so does the next build of it', async () => {
  expect(await build()).toMatchObject({ outcome: 'success', version: '1.0-1.el9' });
  await dnf(client(), root, 'install', 'sample');
  expect(await installed()).toBe('1.0-1.el9');
  expect(await build()).toMatchObject({ outcome: 'success', version: '1.0-1.el9+build2' });
  await dnf(client(), root, 'upgrade', '--refresh', 'sample');
  expect(await installed()).toBe('1.0-1.el9+build2');
});

test('the api lists it by source, and knows its checksum', async () => {
  const params = { instance: 'default', format: 'rpm', distribution: 'el9' } as const;
  const { packages } = await farm.client.registry({ params, query: { artifact: 'sample' } });
  expect(packages.map(({ architecture }) => architecture).toSorted()).toEqual(['noarch', 'noarch', 'src', 'src']);
  for (const { path } of packages) expect((await fetch(`${farm.url}/default/${path}`)).status).toBe(200);
});
