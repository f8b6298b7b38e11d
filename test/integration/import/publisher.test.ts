import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegistryImportOrder, RepositoryTarget } from '@fatbuildr/domain';
import { makeDeb, putFiles } from '@fatbuildr/testing/deb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type PublisherFarm, startPublisherFarm } from '../publisher/publisher-farm.ts';
import { aptClient } from '../registry/apt-client.ts';
import { serve } from '../registry/static-server.ts';
import { type ForeignKey, foreignKey, makeReprepro } from './other-repositories.ts';

const MANY = 300;
/** So many are staged together: what was before is known when more are there. */
const PORTION = 100;
const repository: RepositoryTarget = {
  ...{ format: 'deb', distribution: 'bookworm', derivatives: ['main'], architectures: ['amd64'] },
};
const INSTANCE = `name: Example
gpg: { name: Example, email: example@example.org }
architectures: [amd64]
formats:
  deb:
    - { name: bookworm, env: bookworm, tag: deb12 }
`;

let dir: string;
let key: ForeignKey;
let farm: PublisherFarm;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-import-'));
  const instances = { default: `${INSTANCE}allowPrivateSources: true\n`, public: INSTANCE };
  [key, farm] = await Promise.all([foreignKey(), startPublisherFarm(instances, { imports: { roots: [dir] } })]);
  for (const instance of Object.keys(instances)) {
    const { over } = await farm.api.submit({
      ...{ kind: 'keyring', operation: 'create', instance, repositories: [repository] },
      ...{ userId: { name: 'Example', email: 'example@example.org' }, validityDays: 30, overlapDays: 0 },
    });
    expect((await over).outcome).toBe('success');
  }
});
afterAll(async () => {
  await farm.close();
  await key.remove();
  await rm(dir, { recursive: true, force: true });
});

function order(source: Partial<RegistryImportOrder['source']> & { location: string }, instance = 'default') {
  const rest = { derivative: 'main', selectors: [], skipConflicts: false, dryRun: false };
  return {
    ...rest,
    kind: 'registry-import' as const,
    instance,
    repository,
    source: { unsigned: false, expired: false, ...source },
  };
}

/** A repository of packages of one name each. */
async function makeOther(name: string, count: number): Promise<string> {
  const recipes = Array.from({ length: count }, (_, index) => ({ name: `${name}${index}`, version: '1' }));
  const debs = await putFiles(join(dir, `${name}-built`), await Promise.all(recipes.map(makeDeb)));
  await makeReprepro(
    join(dir, name),
    key,
    debs.map(({ path }) => path),
  );
  return join(dir, name);
}

test('a repository of a web server, with its key', async () => {
  const server = await serve(await makeOther('served', 3));
  const location = server.url;
  try {
    const refused = async (asked: ReturnType<typeof order>) =>
      (await (await farm.api.submit(asked)).over).cause?.message;
    expect(await refused(order({ location }))).toContain('would be believed without a signature');
    const other = await readFile(join(farm.within('registry'), 'default/keyring.asc'), 'utf8');
    expect(await refused(order({ location, publicKey: other }))).toContain('InRelease is not signed by the key');
    expect(await refused(order({ location, unsigned: true }, 'public'))).toContain('not a public address');
    expect(await refused(order({ location: '/etc' }))).toContain('is no directory that may be imported');

    const job = await farm.api.submit(order({ location, publicKey: key.publicKey }));
    expect(await job.over).toMatchObject({ outcome: 'success', publication: { publications: [{ revision: 2 }] } });
    expect(job.phases).toEqual(expect.arrayContaining(['begin import', 'end import', 'begin index', 'end publish']));
  } finally {
    await server.close();
  }
  const client = await aptClient(await readFile(farm.within('registry/default/deb/bookworm.sources'), 'utf8'));
  try {
    await client.update();
    await client.run('apt-get', 'download', 'served0', 'served1', 'served2');
  } finally {
    await client.remove();
  }
});

test('a publisher that is killed in the middle goes on with what is left, and publishes once', async () => {
  const location = await makeOther('many', MANY);
  const pool = farm.within('registry/default/deb/pool');
  const inPool = async () =>
    (await readdir(pool, { recursive: true })).filter((path) => /many.*\.deb$/.test(path)).length;
  const job = await farm.api.submit(order({ location, publicKey: key.publicKey }));
  await vi.waitFor(async () => expect(await inPool()).toBeGreaterThan(PORTION), { timeout: 20_000, interval: 5 });
  await farm.publisher.stop('SIGKILL');
  const before = await inPool();
  expect(before).toBeLessThan(MANY);
  await farm.restart();
  expect(await job.over).toMatchObject({ outcome: 'success', publication: { publications: [{ revision: 3 }] } });
  const [, staged] = /0 published already, (\d+) in the pool/.exec(job.log) ?? [];
  expect(Number(staged)).toBeGreaterThanOrEqual(PORTION);
  expect(await inPool()).toBe(MANY);
  expect(await readdir(farm.within('registry/.incoming'))).toEqual([]);
});
