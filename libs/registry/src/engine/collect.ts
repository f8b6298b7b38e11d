import { lstatSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CollectReport } from '../model/publication.ts';
import type { PackageFormat } from '../model/repository.ts';
import type { CollectRequest } from '../model/requests.ts';
import { directoriesBelow } from '../shared/directories.ts';
import type { StoredRepository } from '../store/rows.ts';
import { keyOfRepository, type WriterContext } from './context.ts';
import { neededBy } from './needed.ts';

/** Bounded, so that publishing has time in between. */
const ROWS_AT_ONCE = 50;
const FILES_AT_ONCE = 200;

/** What one collection shares. */
interface Collection {
  context: WriterContext;
  request: CollectRequest;
  report: CollectReport;
  /** Removes a file, or tells that it would be. */
  discard(path: string): void;
}

/**
 * Forgets old publications of an instance, then removes what nobody names any more: their indexes, packages, files in
 * the pool, strays among them. It waits for no writer: whether a thing is needed is asked of claims and database and
 * answered by its removal in one turn, in which no writer can run.
 */
export async function collect(context: WriterContext, request: CollectRequest): Promise<CollectReport> {
  // Called again and again where there is nothing to do, it leaves others their turn all the same.
  await setImmediate();
  const report: CollectReport = { publications: 0, packages: 0, files: 0, bytes: 0 };
  const collection: Collection = { context, request, report, discard: discarding(request.dryRun, report) };
  const repositories = context.store
    .repositories()
    .filter(({ definition, revision }) => definition.instance === request.instance && revision !== null);
  const bounds = new Map<number, number>();
  for (const repository of repositories) {
    const oldest = oldestToKeep(collection, repository);
    bounds.set(repository.id, forget(collection, repository, oldest));
    await discardIndexes(collection, repository, oldest);
  }
  for (const format of new Set(repositories.map(({ definition }) => definition.format))) {
    const gone = await discardPackages(collection, format, bounds);
    await discardStrays(collection, format, gone);
  }
  return report;
}

/** Counts the bytes of a file once its last name goes. */
function discarding(dryRun: boolean, report: CollectReport): (path: string) => void {
  const namesLeft = new Map<string, number>();
  return (path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) return;
    if (!dryRun) rmSync(path);
    report.files += 1;
    const inode = `${found.dev} ${found.ino}`;
    const left = (namesLeft.get(inode) ?? found.nlink) - 1;
    namesLeft.set(inode, left);
    if (left === 0) report.bytes += found.size;
  };
}

/** The revision from which on publications stay. */
function oldestToKeep({ context, request, report }: Collection, repository: StoredRepository): number {
  const { store, clock, served } = context;
  const replaced = store.replaced(repository);
  const old = replaced.filter(({ at }) => at <= clock() - request.graceMs);
  // Between the move of the head and the renames after it clients are given the one before.
  const head = store.find(repository.definition)?.revision;
  const isServed = served.get(keyOfRepository(repository.definition)) === head;
  const kept = Math.max(isServed ? 1 : 2, request.keepPublications);
  const going = Math.max(0, Math.min(old.length, replaced.length + 1 - kept));
  report.publications += going;
  return replaced[going]?.revision ?? (repository.revision as number);
}

/** @returns the revision by which memberships ended that are forgotten */
function forget({ context, request }: Collection, repository: StoredRepository, oldest: number): number {
  const { store, formatOf } = context;
  const lagging = formatOf(repository.definition)
    .lists(repository.definition, () => true)
    .filter(({ mayLag }) => mayLag);
  const { behind = [], level = [] } = Object.groupBy(lagging, (list) =>
    store.isBehind(repository, list.key, list) ? 'behind' : 'level',
  );
  // What a list that lags has still to drop is not forgotten before it did.
  const until = Math.min(oldest, ...behind.map(({ key }) => store.listRevision(repository, key) ?? 0));
  const lists = level.map(({ key }) => key);
  if (!request.dryRun) store.forgetBefore(repository, { oldest, until, level: lists });
  return until;
}

async function discardIndexes(collection: Collection, repository: StoredRepository, oldest: number): Promise<void> {
  const { context, discard, request } = collection;
  const { definition } = repository;
  const format = context.formatOf(definition);
  const needed = await neededBy(context, repository, oldest);
  for await (const { path, entries } of directoriesBelow(format.top(context.tree, definition))) {
    for (const [index, file] of entries.map((name) => join(path, name)).entries()) {
      if (index % FILES_AT_ONCE === FILES_AT_ONCE - 1) await setImmediate();
      if (!context.claims.isHeld(file) && !needed.get(file)) discard(file);
    }
    // The directory of one revision: no writer comes back to it.
    const revision = format.revisionOf(path);
    if (!request.dryRun && revision !== undefined && revision < oldest) removeEmpty(context, path);
  }
}

async function discardPackages(
  { context, request, report, discard }: Collection,
  format: PackageFormat,
  bounds: ReadonlyMap<number, number>,
): Promise<ReadonlySet<number>> {
  const { store, claims, tree, formatOf } = context;
  const { instance, dryRun } = request;
  const root = formatOf({ format }).root(tree, instance);
  const gone = new Set<number>();
  for (let after = 0; ; await setImmediate()) {
    const found = store.unheld({ instance, format }, bounds, after, ROWS_AT_ONCE);
    const last = found.at(-1);
    if (!last) return gone;
    after = last.id;
    const going = found.filter(({ id }) => !claims.isHeld(id));
    for (const { id } of going) gone.add(id);
    if (dryRun) report.packages += going.length;
    else {
      store.forgetPackages(going.map(({ id }) => id));
      report.packages += going.length;
      for (const path of going.flatMap(({ files }) => files.map((file) => file.path))) {
        if (claims.isHeld(join(root, path)) || store.namersOf({ instance, format }, path).length > 0) continue;
        discard(join(root, path));
        removeEmpty(context, dirname(join(root, path)));
      }
    }
  }
}

/**
 * Files in the pool that no package names and that came longer than the grace ago: others may be about to be named.
 *
 * @param gone rows that a dry run takes for removed
 */
async function discardStrays(
  { context, request, discard }: Collection,
  format: PackageFormat,
  gone: ReadonlySet<number>,
): Promise<void> {
  const { store, claims, tree, clock, formatOf } = context;
  const { instance, dryRun, graceMs } = request;
  const root = formatOf({ format }).root(tree, instance);
  const isYoung = (file: string) => (lstatSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0) > clock() - graceMs;
  for await (const { path, entries } of directoriesBelow(join(root, 'pool'))) {
    for (const name of entries) {
      const file = join(path, name);
      const namers = store.namersOf({ instance, format }, relative(root, file));
      if (claims.isHeld(file) || namers.some((id) => !(dryRun && gone.has(id)))) continue;
      if (namers.length > 0 || !isYoung(file)) discard(file);
    }
    if (!dryRun) removeEmpty(context, path);
  }
}

/** A directory that a writer is about to use is claimed. */
function removeEmpty({ claims }: WriterContext, path: string): void {
  if (claims.isHeld(path)) return;
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
