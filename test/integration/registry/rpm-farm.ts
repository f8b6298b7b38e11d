import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type IngestedPackage,
  ingestRpms,
  openReaders,
  openRegistry,
  type PublishRequest,
  type Registry,
  type RpmRepository,
} from '@fatbuildr/registry';
import { createKeyring, type Keyring, openKeyring, signRpm } from '@fatbuildr/signing';
import { makeRpm, type RpmRecipe } from '@fatbuildr/testing/rpm';
import { serve } from './static-server.ts';

/** A registry of RPMs with a keyring, served over HTTP. */
export interface ServedRpmRegistry {
  dir: string;
  paths: { tree: string; database: string; keys: string };
  keyring: Keyring;
  repository: RpmRepository;
  registry: Registry;
  /** Builds, signs and reads packages, source packages among them. */
  ingest(...recipes: RpmRecipe[]): Promise<IngestedPackage[]>;
  publish(packages: IngestedPackage[], more?: Partial<PublishRequest>): ReturnType<Registry['publish']>;
  close(): Promise<void>;
}

export async function servedRpmRegistry(): Promise<ServedRpmRegistry> {
  const dir = await mkdtemp(join(tmpdir(), 'fatbuildr-served-rpm-'));
  const paths = { tree: join(dir, 'tree'), database: join(dir, 'registry.db'), keys: join(dir, 'keys/default') };
  await createKeyring({
    dir: paths.keys,
    userId: { name: 'Example Farm', email: 'farm@example.org' },
    now: Date.now() - 3_600_000,
    validityDays: 10,
  });
  const keyring = await openKeyring(paths.keys, Date.now);
  const registry = openRegistry({ ...paths, signerFor: async () => keyring, spacingMs: 0 });
  const readers = openReaders();
  const server = await serve(paths.tree);
  const repository: RpmRepository = {
    format: 'rpm',
    instance: 'default',
    distribution: 'el9',
    derivatives: ['main', 'extra'],
    architectures: ['x86_64'],
    baseUrl: server.url,
  };
  await registry.ensurePublished({ repository });
  await registry.publishAccess({
    instance: 'default',
    repositories: [repository],
    publicKey: keyring.armoredPublicKey(),
  });
  let batches = 0;
  let tasks = 0;
  return {
    dir,
    paths,
    keyring,
    repository,
    registry,
    async ingest(...recipes) {
      batches += 1;
      const blobs = join(dir, `blobs/${batches}`);
      await mkdir(blobs, { recursive: true });
      const files = [];
      for (const recipe of recipes) {
        for (const { name, content } of await makeRpm(recipe)) {
          const path = join(blobs, name);
          await writeFile(path, content);
          files.push({ name, path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') });
        }
      }
      const sign = (from: string, to: string) => signRpm(from, to, keyring);
      await using session = readers.session();
      return (await ingestRpms(files, session.readRpm, sign, join(dir, 'signed'))).packages;
    },
    publish(packages, more = {}) {
      tasks += 1;
      return registry.publish({
        repository,
        changes: { add: packages.map((each) => ({ derivative: 'main', package: each })) },
        task: `task${tasks}`,
        ...more,
      });
    },
    async close() {
      registry.close();
      await readers.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
