import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type AptRepository,
  type IncomingFile,
  type IngestedPackage,
  ingestAptPackages,
  ingestRpms,
  openAptRegistry,
  openRpmRegistry,
  type RpmRepository,
  readPackageInChild,
  readRpmInChild,
} from '@fatbuildr/registry';
import { createKeyring, openKeyring, signRpm } from '@fatbuildr/signing';

/** The registry as the publisher uses it, with what a bench asks of it: everything that depends on its API is here. */
export interface BenchRegistry {
  /** Reads packages, each in a child, and publishes them. */
  addDebs(files: readonly IncomingFile[]): Promise<void>;
  /** The same, signed first. */
  addRpms(files: readonly IncomingFile[]): Promise<void>;
  /** Publishes packages that were read before and whose pool files have no content. */
  seedDebs(packages: IngestedPackage[]): Promise<void>;
  signRpms(files: readonly IncomingFile[], into: string): Promise<void>;
}

/** Opens a registry in a directory, with a keyring of its own that is made when there is none. */
export async function openBenchRegistry(directory: string): Promise<BenchRegistry> {
  const keys = join(directory, 'keys');
  const userId = { name: 'Bench', email: 'bench@fatbuildr.invalid' };
  const signer = await openKeyring(keys, Date.now).catch(() =>
    createKeyring({ dir: keys, userId, now: Date.now() - 60_000, validityDays: 30 }),
  );
  const tree = join(directory, 'tree');
  const apt = openAptRegistry({ tree, database: join(directory, 'apt.db') });
  const rpm = openRpmRegistry({ tree, database: join(directory, 'rpm.db') });
  const common = { instance: 'default', derivatives: ['main'] };
  const bookworm: AptRepository = {
    ...common,
    distribution: 'bookworm',
    architectures: ['amd64'],
    origin: 'Bench',
    label: 'Bench',
  };
  const el9: RpmRepository = {
    ...common,
    distribution: 'el9',
    architectures: ['x86_64'],
    baseUrl: 'http://registry.invalid',
  };
  const publishDebs = async (packages: IngestedPackage[]) => {
    const add = packages.map((each) => ({ derivative: 'main', package: each }));
    await apt.publish({ repository: bookworm, changes: { add }, tasks: ['bench'], signer });
  };
  const sign = (from: string, to: string) => signRpm(from, to, signer);
  return {
    addDebs: async (files) => publishDebs(await ingestAptPackages(files, readPackageInChild)),
    async addRpms(files) {
      const { packages, release } = await ingestRpms(files, readRpmInChild, sign, join(directory, 'signed'));
      const add = packages.map((each) => ({ derivative: 'main', package: each }));
      await rpm.publish({ repository: el9, changes: { add }, tasks: ['bench'], signer });
      await release();
    },
    async seedDebs(packages) {
      for (const { path, size } of packages.flatMap(({ files }) => files))
        await makeHole(join(tree, 'default/deb', path), size);
      await publishDebs(packages);
    },
    async signRpms(files, into) {
      await mkdir(into, { recursive: true });
      for (const { name, path } of files) await sign(path, join(into, name));
    },
  };
}

/** A file of a size that takes no room: a pool file that is there is not copied again. */
async function makeHole(path: string, size: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await using file = await open(path, 'w');
  await file.truncate(size);
}
