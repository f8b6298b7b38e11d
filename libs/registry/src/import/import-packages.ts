import { randomBytes } from 'node:crypto';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import { FORMATS } from '../formats.ts';
import type { IngestedPackage, PackageSelector } from '../model/package.ts';
import type { PublishResult } from '../model/publication.ts';
import type { Registry } from '../model/registry.ts';
import type { ChangeRequest } from '../model/requests.ts';
import type { LeftOut, StagedPackage } from '../model/staging.ts';
import type { RpmPackageSigner } from '../rpm/ingest.ts';
import { inTurns } from '../shared/in-turns.ts';
import { bring, sizeOf } from './bring.ts';
import { conflictName, openConflicts, settleConflicts } from './conflicts.ts';
import { listOrigin } from './list-origin.ts';
import type { ListedMetadata, ListedPackage } from './listed.ts';
import { mergedMetadata } from './metadata.ts';
import type { Origin } from './origin.ts';
import { choose, tellOld } from './select.ts';

export interface ImportRequest extends ChangeRequest, Omit<Origin, 'scratch'> {
  /** Of `repository`. */
  derivative: string;
  /** By default what the distribution and the derivative are called here. */
  suite?: string | undefined;
  component?: string | undefined;
  /** By source packages; empty: everything. */
  selectors: readonly PackageSelector[];
  /** Leave out packages that are there with other content, in place of refusing all. */
  skipConflicts: boolean;
  signRpm: RpmPackageSigner;
  signal: AbortSignal;
  /** Runs the publication when its turn has come: all before needs none. */
  inTurn<T>(publish: () => Promise<T>): Promise<T>;
}

const PROGRESS_MS = 5000;

/**
 * Takes over the packages of a repository that something else made, in one publication. Memory is that of its lists and
 * of a portion of its packages. What was brought into the pool is not brought again, however the import before ended.
 *
 * @throws Failure `rejected` when there is no such repository, its signature, a list or a package is not what it is to
 * be, or a version is there with other content
 */
export async function importPackages(registry: Registry, request: ImportRequest): Promise<PublishResult> {
  const scratch = join(registry.scratch, `import-${randomBytes(8).toString('hex')}`);
  await mkdir(scratch);
  const { repository } = request;
  const staging = registry.stage(repository);
  try {
    const origin: Origin = { ...request, files: untilAborted(request), scratch };
    const { packages: listed, metadata } = await listOrigin(origin, request);
    const versions = FORMATS[repository.format];
    const architectures = versions.architectures(repository);
    const packages = await choose(listed, { ...request, registry, architectures, versions });
    return await takeOver({ ...request, origin, registry, staging, metadata }, packages);
  } finally {
    staging.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function untilAborted({ files, signal }: ImportRequest): Origin['files'] {
  return {
    ...files,
    async copy(...file) {
      signal.throwIfAborted();
      return files.copy(...file);
    },
  };
}

interface TakeOver extends ImportRequest {
  origin: Origin;
  registry: Registry;
  staging: ReturnType<Registry['stage']>;
  metadata: readonly ListedMetadata[];
}

async function takeOver(request: TakeOver, packages: readonly ListedPackage[]): Promise<PublishResult> {
  const { registry, repository, derivative, staging, line, dryRun = false } = request;
  const conflicts = openConflicts(registry, repository, derivative);
  const wanted: StagedPackage[] = [];
  const [doubtful, absent]: [ListedPackage[], ListedPackage[]] = [[], []];
  let there = 0;
  const judged = async (staged: readonly StagedPackage[]) => {
    for await (const one of inTurns(staged)) {
      const verdict = conflicts.judge(one, one.content);
      if (verdict === 'wanted') wanted.push(one);
      if (verdict === 'there') there += 1;
    }
  };

  for await (const one of inTurns(packages)) {
    const sha256 = one.files[0]?.sha256 as string;
    const found = await staging.find(one, sha256);
    if (found) await judged([found]);
    else if (repository.format === 'rpm') (conflicts.isTaken(one) ? doubtful : absent).push(one);
    else {
      const verdict = conflicts.judge(one, sha256);
      if (verdict === 'wanted') absent.push(one);
      if (verdict === 'there') there += 1;
    }
  }
  const bringing = await openBringing(request, [...doubtful, ...absent]);
  line(
    `${packages.length} packages: ${there} published already, ${wanted.length} in the pool, ` +
      `${doubtful.length + absent.length} to be brought, ${sizeOf([...doubtful, ...absent])} bytes`,
  );
  // What an RPM package holds beside its signature is known once it was read.
  await judged(await bring(bringing, doubtful));
  settleConflicts(conflicts.found(), request);
  if (dryRun) return previewOf(request, wanted, absent);
  const brought = await bring(bringing, absent);
  if (repository.format === 'deb') wanted.push(...brought);
  else await judged(brought);
  settleConflicts(conflicts.found(), request);
  line(`${wanted.length} packages are in the pool; publishing them`);
  return await request.inTurn(() => publishStaged(request, wanted));
}

/** Others may have published since it was compared: what does not fit any more goes as what did not fit at first. */
async function publishStaged(request: TakeOver, wanted: readonly StagedPackage[]): Promise<PublishResult> {
  const { registry, origin, derivative, staging, signal, skipConflicts, line } = request;
  signal.throwIfAborted();
  const metadata = await mergedMetadata(origin, registry, request, request.metadata);
  let left: readonly LeftOut[] = [];
  const conflicts = () => left.filter(({ reason }) => reason === 'taken').map((one) => conflictName(one));
  const settle = (leftOut: readonly LeftOut[]) => {
    left = leftOut;
    if (!skipConflicts) settleConflicts(conflicts(), request);
  };
  const result = await staging.publish({ ...request, metadata, settle }, derivative, wanted);
  settleConflicts(conflicts(), request);
  const old = left.filter(({ reason }) => reason === 'old');
  tellOld(old, request.repository, line);
  return result;
}

/** @throws Failure `infrastructure-failure` when the disk has no room for all of it */
async function openBringing(request: TakeOver, packages: readonly ListedPackage[]) {
  const { repository, line, origin } = request;
  const needed = sizeOf(packages);
  const { bavail, bsize } = await statfs(origin.scratch);
  if (needed > bavail * bsize) {
    throw new Failure(
      'infrastructure-failure',
      `the packages have ${needed} bytes, and the disk of the registry has room for ${bavail * bsize}`,
      { hint: 'make room, for example with fatbuildrctl registry gc, or import some artifacts alone' },
    );
  }
  let [count, bytes, told] = [0, 0, Date.now()];
  return {
    ...request,
    format: repository.format,
    progress(more: number, moreBytes: number) {
      count += more;
      bytes += moreBytes;
      if (Date.now() - told < PROGRESS_MS) return;
      told = Date.now();
      line(`${count} of ${packages.length} packages, ${bytes} of ${needed} bytes`);
    },
  };
}

/** What publishing would come to, by what lists say of packages that nobody read yet. */
function previewOf(
  { registry, repository, task, derivative }: TakeOver,
  staged: readonly StagedPackage[],
  absent: readonly ListedPackage[],
): Promise<PublishResult> {
  const unread = { section: '', summary: '', relations: {}, parts: {}, files: [] };
  const packages: IngestedPackage[] = [
    ...staged.map(({ kind, name, version, architecture, source, content }) => {
      return { ...unread, kind, name, version, architecture, source, content, digest: content };
    }),
    ...absent.map(({ files, ...one }) => {
      const sha256 = files[0]?.sha256 as string;
      return { ...unread, ...one, digest: sha256, content: sha256 };
    }),
  ];
  const add = packages.map((one) => ({ derivative, package: one }));
  return registry.publish({ repository, task, dryRun: true, changes: { add } });
}
