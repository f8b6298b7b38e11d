import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AptRepository,
  ingestAptPackages,
  ingestRpms,
  openReaders,
  openRegistry,
  type Registry,
  type Repository,
  type RepositorySigner,
  type RpmRepository,
} from '@fatbuildr/registry';
import { createKeyring, finishRotation, openKeyring, signRpm, startRotation, switchKeys } from '@fatbuildr/signing';
import { makeDeb, putFiles } from '@fatbuildr/testing/deb';
import { makeRpm } from '@fatbuildr/testing/rpm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AptClient, aptClient } from './apt-client.ts';
import { dnf } from './dnf-client.ts';
import { judgeApt } from './judge-apt.ts';
import { judgeRpm } from './judge-rpm.ts';
import { serve } from './static-server.ts';

const userId = { name: 'Example Farm', email: 'farm@example.org' };
const clock = Date.now;

let dir: string;
let keys: string;
let registry: Registry;
const readers = openReaders();
let server: Awaited<ReturnType<typeof serve>>;
let deb: AptRepository;
let rpm: RpmRepository;
/** Stands for the keyring's own signer where a test wants another. */
let signer: ((own: RepositorySigner) => RepositorySigner) | undefined;
let tasks = 0;
let oldApt: AptClient;
const clients: AptClient[] = [];
const tree = () => join(dir, 'tree');
const farm = () => ({ paths: { tree: tree() } });
const inRelease = () => readFile(join(tree(), 'default/deb/dists/bookworm/InRelease'), 'utf8');

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-rotation-'));
  keys = join(dir, 'keys/default');
  await createKeyring({ dir: keys, userId, now: Date.now() - 3_600_000, validityDays: 90 });
  registry = openRegistry({
    tree: tree(),
    database: join(dir, 'registry.db'),
    spacingMs: 0,
    async signerFor(_, format) {
      const keyring = await openKeyring(keys, clock);
      const own = format === 'rpm' ? keyring.rpm : keyring;
      return signer ? signer(own) : own;
    },
  });
  server = await serve(tree());
  const base = { instance: 'default', derivatives: ['main'], baseUrl: server.url };
  deb = { ...base, format: 'deb', distribution: 'bookworm', architectures: ['amd64'], origin: 'Farm', label: 'Farm' };
  rpm = { ...base, format: 'rpm', distribution: 'el9', architectures: ['x86_64'] };
  await follow();
  await publish('zero');
  await cp(join(tree(), 'default/rpm'), join(dir, 'kept/default/rpm'), { recursive: true });
  oldApt = await apt();
}, 120_000);
afterAll(async () => {
  for (const client of clients) await client.remove();
  await readers.close();
  registry?.close();
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

/** What the publisher does after each change of the keys. */
async function follow(): Promise<void> {
  const keyring = await openKeyring(keys, clock);
  const repositories: Repository[] = [deb, rpm];
  await registry.publishAccess({
    instance: 'default',
    repositories,
    publicKey: keyring.armoredPublicKey(),
    retiredKeys: keyring.armoredRetiredKeys(),
  });
  for (const repository of repositories) await registry.ensurePublished({ repository, resign: true });
}

/** Publishes a package of that name in both formats, and has both judged. */
async function publish(name: string): Promise<void> {
  await using session = readers.session();
  const into = join(dir, 'built', name);
  await mkdir(into, { recursive: true });
  const debs = await ingestAptPackages(
    await putFiles(into, [await makeDeb({ name, version: '1' })]),
    session.readPackage,
  );
  const keyring = await openKeyring(keys, clock);
  const built = (await makeRpm({ name, version: '1' })).filter((file) => file.name.includes('noarch'));
  const rpms = await ingestRpms(
    await putFiles(into, built),
    session.readRpm,
    (from, to) => signRpm(from, to, keyring),
    registry.scratch,
  );
  const of = (packages: typeof debs) => ({ add: packages.map((one) => ({ derivative: 'main', package: one })) });
  tasks += 1;
  await registry.publish({ repository: deb, changes: of(debs), task: `task${tasks}` });
  await registry.publish({ repository: rpm, changes: of(rpms.packages), task: `task${tasks}` });
  await judgeApt({ tree: tree(), ...deb });
  await judgeRpm(tree(), rpm);
}

/** A client that is set up now: it knows the keys that are handed out at this moment. */
async function apt(sources?: string): Promise<AptClient> {
  const client = await aptClient(sources ?? (await readFile(join(tree(), 'default/deb/bookworm.sources'), 'utf8')));
  clients.push(client);
  return client;
}

/** A client that knows one key alone. */
async function aptKnowing(publicKey: string): Promise<AptClient> {
  const sources = await readFile(join(tree(), 'default/deb/bookworm.sources'), 'utf8');
  const key = publicKey.trimEnd().replace(/^$/gm, '.').replace(/^/gm, ' ');
  return apt(sources.replace(/^Signed-By:\n(?: .*\n)+/m, () => `Signed-By:\n${key}\n`));
}

const root = (name: string) => join(dir, `dnf-${name}`);
const install = (client: string, ...names: string[]) => dnf(farm(), root(client), 'install', '--refresh', ...names);
/** Every package that dnf sees, without a word to anybody. */
async function seen(client: string): Promise<string[]> {
  const said = await dnf(farm(), root(client), 'repoquery', '--assumeno', '--refresh', '--quiet', '--qf', '%{name}');
  return said.trim().split('\n').sort();
}

describe('from one key to another, for real clients', { timeout: 120_000 }, () => {
  let successor: string;

  test('before it, both know the old key', async () => {
    expect(await oldApt.update()).not.toMatch(/^[WE]:/m);
    await install('old', 'zero');
  });

  test('announced: whoever knows the old key goes on, whoever knows the new one alone may begin', async () => {
    const both = await startRotation({ dir: keys, clock, task: 'a', userId, validityDays: 400, overlapDays: 30 });
    successor = both.armoredPublicKey().split(/(?=-----BEGIN)/)[1] as string;
    await follow();
    await publish('one');
    for (const client of [oldApt, await apt(), await aptKnowing(successor)]) {
      expect(await client.update()).not.toMatch(/^[WE]:/m);
      expect(await client.versions('one')).toEqual(['1']);
      await client.run('apt-get', 'download', 'one');
    }
    expect(await seen('old')).toEqual(['one', 'zero']);
    await install('old', 'one');
    await install('between', 'zero');
  });

  test('switched: apt goes on; dnf does where it knows both, and asks where it knows the old key alone', async () => {
    await switchKeys({ dir: keys, clock, task: 'b' });
    await follow();
    await publish('two');
    for (const client of [oldApt, await apt(), await aptKnowing(successor)]) {
      expect(await client.update()).not.toMatch(/^[WE]:/m);
      expect(await client.versions('two')).toEqual(['1']);
    }
    expect(await seen('between')).toEqual(['one', 'two', 'zero']);
    await install('between', 'one', 'two');
    await expect(seen('old')).rejects.toThrow(/GPG/);
    await install('old', 'two');
    await install('new', 'zero', 'one', 'two');
  });

  test('finished: the new key alone counts, and packages that the old one signed are installed still', async () => {
    await finishRotation({ dir: keys, clock, task: 'c' });
    await follow();
    await publish('three');
    await expect(oldApt.update()).rejects.toThrow(/NO_PUBKEY|Missing key/);
    for (const client of [await apt(), await aptKnowing(successor)]) {
      expect(await client.update()).not.toMatch(/^[WE]:/m);
      expect(await client.versions('zero')).toEqual(['1']);
    }
    expect(await seen('between')).toEqual(['one', 'three', 'two', 'zero']);
    await install('after', 'zero', 'one', 'two', 'three');
    // A machine that is set up now from a source that was kept since before the rotation.
    const kept = { paths: { tree: join(dir, 'kept') } };
    await dnf(kept, root('kept'), 'install', '--refresh', 'zero', 'three');
  });
});

describe('of two signatures', () => {
  const wrong: [string, (own: RepositorySigner) => Partial<RepositorySigner>, RegExp][] = [
    ['one fails', () => ({ signCleartext: () => Promise.reject(new Error('no entropy')) }), /no entropy/],
    ['one is missing', () => ({ signCleartext: lone((keyring) => keyring.rpm.signCleartext) }), /no signature by/],
    [
      'one is missing in Release.gpg',
      () => ({ signDetached: lone((keyring) => keyring.rpm.signDetached) }),
      /no signature by/,
    ],
    ['one is a stranger’s', () => ({ signDetached: (data) => stranger.signDetached(data) }), /does not verify/],
    [
      'one is of other text',
      (own) => ({ signCleartext: (text) => own.signCleartext(`${text}X: y\n`) }),
      /something else/,
    ],
  ];
  const lone =
    <T>(pick: (keyring: Awaited<ReturnType<typeof openKeyring>>) => (value: T) => Promise<string>) =>
    async (value: T) =>
      pick(await openKeyring(keys, clock))(value);

  let stranger: Awaited<ReturnType<typeof createKeyring>>;
  beforeAll(async () => {
    const foreign = { dir: join(dir, 'keys/foreign'), userId, now: Date.now(), validityDays: 9 };
    stranger = await createKeyring({ ...foreign, algorithm: 'ed25519' });
    await startRotation({
      dir: keys,
      clock,
      task: 'd',
      userId,
      validityDays: 400,
      overlapDays: 30,
      algorithm: 'ed25519',
    });
    await follow();
  });

  test.each(wrong)('%s: the repository stays as it was', async (name, change, complaint) => {
    const before = await inRelease();
    signer = (own) => ({ ...own, ...change(own) });
    try {
      await expect(publish(name.replaceAll(/[^a-z]/gi, '-').toLowerCase())).rejects.toThrow(complaint);
    } finally {
      signer = undefined;
    }
    expect(await inRelease()).toBe(before);
    const client = await apt();
    expect(await client.update()).not.toMatch(/^[WE]:/m);
  });
});
