import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type AptRepository,
  directoryFiles,
  type IncomingFile,
  type IngestedPackage,
  importPackages,
  ingestAptPackages,
  ingestRpms,
  openReaders,
  openRegistry,
  type Repository,
  type RpmRepository,
} from '@fatbuildr/registry';
import { createKeyring, openKeyring, signRpm } from '@fatbuildr/signing';

/** The registry as the publisher uses it, with what a bench asks of it: everything that depends on its API is here. */
export interface BenchRegistry {
  /** Reads packages in a process of their own, and publishes them. */
  addDebs(files: readonly IncomingFile[]): Promise<void>;
  /** The same, signed first. */
  addRpms(files: readonly IncomingFile[]): Promise<void>;
  /** Publishes packages that were read before and whose pool files have no content. */
  seedDebs(packages: IngestedPackage[]): Promise<void>;
  signRpms(files: readonly IncomingFile[], into: string): Promise<void>;
  /** Takes over the packages of a directory with lists. */
  importDebs(directory: string): Promise<void>;
  close(): Promise<void>;
}

const common = {
  instance: 'default',
  derivatives: ['main'],
  baseUrl: 'http://registry.invalid',
};
const bookworm: AptRepository = {
  ...common,
  format: 'deb',
  distribution: 'bookworm',
  architectures: ['amd64'],
  origin: 'Bench',
  label: 'Bench',
};
const el9: RpmRepository = { ...common, format: 'rpm', distribution: 'el9', architectures: ['x86_64'] };

/** Opens a registry in a directory, with a keyring of its own that is made when there is none. */
export async function openBenchRegistry(directory: string): Promise<BenchRegistry> {
  const keys = join(directory, 'keys');
  const userId = { name: 'Bench', email: 'bench@fatbuildr.invalid' };
  const keyring = await openKeyring(keys, Date.now).catch(() =>
    createKeyring({ dir: keys, userId, now: Date.now() - 60_000, validityDays: 30 }),
  );
  const tree = join(directory, 'tree');
  const registry = openRegistry({
    tree,
    database: join(directory, 'registry.db'),
    signerFor: async () => keyring,
    // One who asks alone waits for nobody.
    spacingMs: 0,
  });
  const readers = openReaders();
  let tasks = 0;
  const publish = async (repository: Repository, packages: IngestedPackage[]) => {
    const add = packages.map((each) => ({ derivative: 'main', package: each }));
    await registry.publish({ repository, changes: { add }, task: `bench-${process.pid}-${tasks++}` });
  };
  const sign = (from: string, to: string) => signRpm(from, to, keyring);
  return {
    async addDebs(files) {
      await using session = readers.session();
      await publish(bookworm, await ingestAptPackages(files, session.readPackage));
    },
    async addRpms(files) {
      await using session = readers.session();
      const { packages, release } = await ingestRpms(files, session.readRpm, sign, registry.scratch);
      try {
        await publish(el9, packages);
      } finally {
        await release();
      }
    },
    async seedDebs(packages) {
      for (const { path, size } of packages.flatMap(({ files }) => files)) {
        await makeHole(join(tree, 'default/deb', path), size);
      }
      await publish(bookworm, packages);
    },
    async signRpms(files, into) {
      await mkdir(into, { recursive: true });
      for (const { name, path } of files) await sign(path, join(into, name));
    },
    async importDebs(location) {
      await using reader = readers.session();
      await importPackages(registry, {
        ...{ repository: bookworm, derivative: 'main', task: `bench-${process.pid}-${tasks++}`, selectors: [] },
        ...{ files: await directoryFiles(location, [location]), verifier: null, reader, skipConflicts: false },
        ...{ signRpm: sign, line: () => {}, signal: new AbortController().signal },
        ...{ expired: false, clock: Date.now, inTurn: (publish) => publish() },
      });
    },
    async close() {
      await readers.close();
      registry.close();
    },
  };
}

/** A file of a size that takes no room: a pool file that is there is not copied again. */
async function makeHole(path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await using file = await open(path, 'w');
  await file.truncate(size);
}
