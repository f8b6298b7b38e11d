import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure, withoutEpoch } from '@fatbuildr/domain';
import { ingestAptPackages } from '../apt/ingest.ts';
import type { IncomingFile, IngestedPackage } from '../model/package.ts';
import type { PackageFormat } from '../model/repository.ts';
import type { Arriving, StagedPackage, Staging } from '../model/staging.ts';
import { ingestRpms, type RpmPackageSigner } from '../rpm/ingest.ts';
import { sideBySide } from '../shared/wave.ts';
import { copyListed } from './fetch-list.ts';
import type { ListedPackage } from './listed.ts';
import type { Origin } from './origin.ts';
import { identityOf } from './select.ts';

/** What is read at once: so much memory and disk are needed, whatever there is to import. */
const MOST_PACKAGES = 100;
const MOST_BYTES = 256 << 20;

/** What brings packages into the pool. */
export interface Bringing {
  origin: Origin;
  format: PackageFormat;
  staging: Staging;
  signRpm: RpmPackageSigner;
  /** Told of each portion that is in the pool. */
  progress(packages: number, bytes: number): void;
}

/**
 * Copies, checks, reads and stages packages, a portion after the other.
 *
 * @throws Failure when one is not what its list says, or no package
 */
export async function bring(bringing: Bringing, packages: readonly ListedPackage[]): Promise<StagedPackage[]> {
  const { origin, staging, progress } = bringing;
  const staged: StagedPackage[] = [];
  for (const portion of portionsOf(packages)) {
    const directory = join(origin.scratch, 'portion');
    await mkdir(directory);
    const releases: (() => Promise<void>)[] = [];
    try {
      const arriving: Arriving[] = [];
      await sideBySide(
        [...portion.entries()],
        async ([index, listed]) => {
          const place = join(directory, String(index));
          await mkdir(place);
          const { one, release } = await ingestListed(bringing, listed, place);
          releases.push(release);
          arriving[index] = { package: one, origin: listed.files[0]?.sha256 as string };
        },
        origin.files.atOnce,
      );
      staged.push(...(await staging.add(arriving)));
    } finally {
      await Promise.all(releases.map((release) => release()));
      await rm(directory, { recursive: true, force: true });
    }
    progress(portion.length, sizeOf(portion));
  }
  return staged;
}

/** Sum over all files, in bytes. */
export function sizeOf(packages: readonly ListedPackage[]): number {
  return packages.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
}

function* portionsOf(packages: readonly ListedPackage[]): Generator<ListedPackage[]> {
  let portion: ListedPackage[] = [];
  for (const one of packages) {
    if (portion.length === MOST_PACKAGES || (portion.length > 0 && sizeOf([...portion, one]) > MOST_BYTES)) {
      yield portion;
      portion = [];
    }
    portion.push(one);
  }
  if (portion.length > 0) yield portion;
}

async function ingestListed(bringing: Bringing, listed: ListedPackage, place: string) {
  const { origin, format, signRpm } = bringing;
  const files: IncomingFile[] = [];
  for (const [index, file] of listed.files.entries()) {
    const path = join(place, String(index));
    if (!(await copyListed(origin.files, file, path))) {
      throw new Failure('rejected', `${file.path} is listed, and is not in ${origin.files.location}`, {
        hint: 'the repository is not whole, or changed meanwhile: try again',
      });
    }
    files.push({ name: nameOf(listed, index), path, size: file.size, sha256: file.sha256 });
  }
  const { packages, release } =
    format === 'rpm'
      ? await ingestRpms(files, origin.reader.readRpm, signRpm, place)
      : { packages: await ingestAptPackages(files, origin.reader.readPackage), release: async () => {} };
  const one = packages[0] as IngestedPackage;
  if (identityOf(one) !== identityOf(listed)) {
    throw new Failure(
      'rejected',
      `${listed.files[0]?.path} is listed as ${identityOf(listed)}, but is ${identityOf(one)}`,
      {
        hint: 'have the lists made anew by what keeps the repository',
      },
    );
  }
  // Hashed as it was copied: it may be moved into the pool.
  const own = format === 'deb' ? one.files.map((file) => ({ ...file, staged: true })) : one.files;
  return { one: { ...one, files: own }, release };
}

/** What a file is called that others may have given any name: as its package says, where it is one. */
function nameOf({ kind, name, version, architecture, files }: ListedPackage, index: number): string {
  const path = files[index]?.path ?? '';
  if (path.endsWith('.rpm')) {
    const sources = path.endsWith('.nosrc.rpm') ? 'nosrc' : architecture;
    return `${name}-${version.replace(/^\d+:/, '')}.${sources}.rpm`;
  }
  if (kind === 'source') return basename(path);
  const extension = kind === 'udeb' ? 'udeb' : (/\.ddeb$/.exec(path)?.[0].slice(1) ?? 'deb');
  return `${name}_${withoutEpoch(version)}_${architecture}.${extension}`;
}
