import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AptRepository,
  type IngestedPackage,
  ingestAptPackages,
  openReaders,
  openRegistry,
  type PublishRequest,
  type Registry,
} from '@fatbuildr/registry';
import { createKeyring, type Keyring, openKeyring } from '@fatbuildr/signing';
import { type DebRecipe, makeDeb, makeSource, putFiles } from '@fatbuildr/testing/deb';
import { judgeApt } from './judge-apt.ts';
import { serve } from './static-server.ts';

const repository: Omit<AptRepository, 'baseUrl'> = {
  format: 'deb',
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
  repository: AptRepository;
  registry: Registry;
  url: string;
  /** What a user puts into `/etc/apt/sources.list.d`. */
  sources(): Promise<string>;
  ingest(...recipes: DebRecipe[]): Promise<IngestedPackage[]>;
  /** Of these names and bytes, whatever they are. */
  ingestFiles(files: { name: string; content: Buffer }[]): Promise<IngestedPackage[]>;
  ingestSource(source: { name: string; version: string }): Promise<IngestedPackage[]>;
  /** Publishes into `main`, and has it judged. */
  publish(packages: IngestedPackage[], more?: Partial<PublishRequest>): ReturnType<Registry['publish']>;
  /** What apt and apt-ftparchive say of it; they install `names` too. */
  judge(...names: string[]): ReturnType<typeof judgeApt>;
  /** As a new process would: closes and opens the registry. */
  reopen(): Registry;
  /** From now on, in the place of `keyring`. */
  signWith(keyring: Keyring): void;
  close(): Promise<void>;
}

export interface ServedOptions {
  /** Whether every publication is judged, as by default: not where many follow one another, or come from elsewhere. */
  judged?: boolean;
  /** What serves the tree: plain files by default. */
  server?: typeof serve;
  /** Where its directory is made. */
  below?: string;
}

export async function servedRegistry({
  judged = true,
  below = tmpdir(),
  server: startServer = serve,
}: ServedOptions = {}): Promise<ServedRegistry> {
  const dir = await mkdtemp(join(below, 'fatbuildr-served-'));
  const paths = { tree: join(dir, 'tree'), database: join(dir, 'registry.db'), keys: join(dir, 'keys/default') };
  await createKeyring({
    dir: paths.keys,
    userId: { name: 'Example Farm', email: 'farm@example.org' },
    now: Date.now() - 3_600_000,
    validityDays: 10,
  });
  const keyring = await openKeyring(paths.keys, Date.now);
  const server = await startServer(paths.tree);
  const served: AptRepository = { ...repository, baseUrl: server.url };
  let signer = keyring;
  const open = () => openRegistry({ ...paths, signerFor: async () => signer, spacingMs: 0 });
  let registry = open();
  const readers = openReaders();
  await registry.ensurePublished({ repository: served });
  await registry.publishAccess({
    instance: 'default',
    repositories: [served],
    publicKey: keyring.armoredPublicKey(),
  });
  const judge = (...install: string[]) => judgeApt({ tree: paths.tree, ...served, install });
  let batches = 0;
  let tasks = 0;
  const ingest = async (files: { name: string; content: Buffer }[]) => {
    batches += 1;
    await using session = readers.session();
    return await ingestAptPackages(await putFiles(join(dir, `blobs/${batches}`), files), session.readPackage);
  };
  return {
    dir,
    paths,
    keyring,
    repository: served,
    get registry() {
      return registry;
    },
    url: server.url,
    sources: () => readFile(join(paths.tree, 'default/deb/bookworm.sources'), 'utf8'),
    ingest: async (...recipes) => ingest(await Promise.all(recipes.map(makeDeb))),
    ingestFiles: ingest,
    ingestSource: async (source) => ingest(await makeSource(source)),
    async publish(packages, more = {}) {
      tasks += 1;
      const changes = { add: packages.map((each) => ({ derivative: 'main', package: each })) };
      const result = await registry.publish({ repository: served, changes, task: `task${tasks}`, ...more });
      if (judged) await judge();
      return result;
    },
    judge,
    signWith(other) {
      signer = other;
    },
    reopen() {
      registry.close();
      registry = open();
      return registry;
    },
    async close() {
      registry.close();
      await readers.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
