import { mkdtemp, rm } from 'node:fs/promises';
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
import { putFiles } from '@fatbuildr/testing/deb';
import { makeRpm, type RpmRecipe } from '@fatbuildr/testing/rpm';
import type { ServedOptions } from './farm.ts';
import { judgeRpm } from './judge-rpm.ts';
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
  /** Signs and reads files of these names and bytes, whatever they are. */
  ingestFiles(files: { name: string; content: Buffer }[]): Promise<IngestedPackage[]>;
  /** Publishes into `main`, and has it judged. */
  publish(packages: IngestedPackage[], more?: Partial<PublishRequest>): ReturnType<Registry['publish']>;
  /** What dnf, rpmkeys and createrepo_c say of it. */
  judge(): ReturnType<typeof judgeRpm>;
  close(): Promise<void>;
}

export async function servedRpmRegistry({
  judged = true,
  below = tmpdir(),
  server: startServer = serve,
}: ServedOptions = {}): Promise<ServedRpmRegistry> {
  const dir = await mkdtemp(join(below, 'fatbuildr-served-rpm-'));
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
  const server = await startServer(paths.tree);
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
  const judge = () => judgeRpm(paths.tree, repository);
  let batches = 0;
  let tasks = 0;
  const ingestFiles = async (files: { name: string; content: Buffer }[]) => {
    batches += 1;
    const built = await putFiles(join(dir, `blobs/${batches}`), files);
    const sign = (from: string, to: string) => signRpm(from, to, keyring);
    await using session = readers.session();
    return (await ingestRpms(built, session.readRpm, sign, join(dir, 'signed'))).packages;
  };
  return {
    dir,
    paths,
    keyring,
    repository,
    registry,
    ingest: async (...recipes) => ingestFiles((await Promise.all(recipes.map(makeRpm))).flat()),
    ingestFiles,
    async publish(packages, more = {}) {
      tasks += 1;
      const changes = { add: packages.map((each) => ({ derivative: 'main', package: each })) };
      const result = await registry.publish({ repository: repository, changes, task: `task${tasks}`, ...more });
      if (judged) await judge();
      return result;
    },
    judge,
    async close() {
      registry.close();
      await readers.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
