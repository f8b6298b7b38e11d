import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AptRegistry,
  type AptRepository,
  type IngestedPackage,
  ingestAptPackages,
  openAptRegistry,
  type PublishRequest,
  readPackageInChild,
} from '@fatbuildr/registry';
import { createKeyring, type Keyring } from '@fatbuildr/signing';
import { type DebRecipe, makeDeb, makeSource, putFiles } from '@fatbuildr/testing/deb';
import { serve } from './static-server.ts';

export const repository: AptRepository = {
  instance: 'default',
  distribution: 'bookworm',
  derivatives: ['main', 'extra'],
  architectures: ['amd64'],
  origin: 'Example Farm',
  label: 'Example Farm',
};

/** A registry with a keyring, served over HTTP. */
export interface ServedRegistry {
  dir: string;
  paths: { tree: string; database: string; keys: string };
  keyring: Keyring;
  registry: AptRegistry;
  url: string;
  /** What a user puts into `/etc/apt/sources.list.d`. */
  sources(): Promise<string>;
  ingest(...recipes: DebRecipe[]): Promise<IngestedPackage[]>;
  ingestSource(source: { name: string; version: string }): Promise<IngestedPackage[]>;
  publish(packages: IngestedPackage[], more?: Partial<PublishRequest>): ReturnType<AptRegistry['publish']>;
  /** As a new process would: closes and opens the registry. */
  reopen(): AptRegistry;
  close(): Promise<void>;
}

export async function servedRegistry(): Promise<ServedRegistry> {
  const dir = await mkdtemp(join(tmpdir(), 'fatbuildr-served-'));
  const paths = { tree: join(dir, 'tree'), database: join(dir, 'registry.db'), keys: join(dir, 'keys/default') };
  const keyring = await createKeyring({
    dir: paths.keys,
    userId: { name: 'Example Farm', email: 'farm@example.org' },
    now: Date.now() - 3_600_000,
    validityDays: 10,
  });
  let registry = openAptRegistry(paths);
  const server = await serve(paths.tree);
  await registry.ensurePublished({ repository, signer: keyring });
  await registry.publishAccess({
    instance: 'default',
    repositories: [repository],
    publicKey: keyring.armoredPublicKey(),
    baseUrl: server.url,
  });
  let batches = 0;
  const put = (files: { name: string; content: Buffer }[]) => {
    batches += 1;
    return putFiles(join(dir, `blobs/${batches}`), files);
  };
  return {
    dir,
    paths,
    keyring,
    get registry() {
      return registry;
    },
    url: server.url,
    sources: () => readFile(join(paths.tree, 'default/deb/bookworm.sources'), 'utf8'),
    ingest: async (...recipes) =>
      ingestAptPackages(await put(await Promise.all(recipes.map(makeDeb))), readPackageInChild),
    ingestSource: async (source) => ingestAptPackages(await put(await makeSource(source)), readPackageInChild),
    publish: (packages, more = {}) =>
      registry.publish({
        repository,
        changes: { add: packages.map((each) => ({ derivative: 'main', package: each })) },
        tasks: ['task'],
        signer: keyring,
        ...more,
      }),
    reopen() {
      registry.close();
      registry = openAptRegistry(paths);
      return registry;
    },
    async close() {
      registry.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
