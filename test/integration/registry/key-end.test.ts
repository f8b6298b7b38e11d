import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistry, type Registry, type RpmRepository } from '@fatbuildr/registry';
import { createKeyring, openKeyring, renewKeyring, startRotation, switchKeys } from '@fatbuildr/signing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dnf } from './dnf-client.ts';
import { serve } from './static-server.ts';

const HOUR = 3_600_000;
const userId = { name: 'Example Farm', email: 'farm@example.org' };

let dir: string;
let keys: string;
let registry: Registry;
let server: Awaited<ReturnType<typeof serve>>;
let rpm: RpmRepository;
/** What the farm takes for the time; clients have the true one. */
let time = Date.now() - 2 * HOUR;
const clock = () => time;
const root = (name: string) => join(dir, name);
const read = (client: string, ...options: string[]) =>
  dnf({ paths: { tree: join(dir, 'tree') } }, root(client), 'makecache', '--refresh', ...options);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fatbuildr-key-end-'));
  keys = join(dir, 'keys/default');
  await createKeyring({ dir: keys, userId, now: time, validityDays: 1 / 24, algorithm: 'ed25519' });
  registry = openRegistry({
    tree: join(dir, 'tree'),
    database: join(dir, 'registry.db'),
    spacingMs: 0,
    signerFor: async () => (await openKeyring(keys, clock)).rpm,
  });
  server = await serve(join(dir, 'tree'));
  rpm = {
    instance: 'default',
    format: 'rpm',
    distribution: 'el9',
    derivatives: ['main'],
    architectures: ['x86_64'],
    baseUrl: server.url,
  };
  await follow();
  // It has the key with its first end from now on, which is past: as a client that took the key long ago.
  await expect(read('old')).rejects.toThrow(/GPG/);
});
afterAll(async () => {
  registry?.close();
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

/** What the publisher does after each change of the keys. */
async function follow(): Promise<void> {
  const keyring = await openKeyring(keys, clock);
  const publicKey = keyring.armoredPublicKey();
  await registry.publishAccess({ instance: 'default', repositories: [rpm], publicKey });
  await registry.ensurePublished({ repository: rpm, resign: true });
}

test('dnf does not learn that a key it has was renewed, until its copy is removed', async () => {
  time += HOUR / 2;
  await renewKeyring({ dir: keys, clock, validityDays: 300 });
  time = Date.now();
  await follow();
  await read('new');
  await expect(read('old')).rejects.toThrow(/GPG/);

  await cp(root('old'), root('mended'), { recursive: true });
  await dnf({ paths: { tree: join(dir, 'tree') } }, root('mended'), 'clean', 'all');
  await expect(read('mended')).rejects.toThrow(/GPG/);
  for (const name of await readdir(root('mended/cache'))) {
    if (name.startsWith('default-el9-')) await rm(join(root('mended/cache'), name), { recursive: true });
  }
  await read('mended');
});

test('dnf takes another key, whatever became of the one before, and one that is valid for decades', async () => {
  const change = { dir: keys, clock, task: 'rotation' };
  await startRotation({ ...change, userId, validityDays: 50 * 365, overlapDays: 30, algorithm: 'ed25519' });
  await switchKeys(change);
  await follow();
  await read('old');
  expect(await read('old', '--assumeno')).toContain('Metadata cache created');
});
