import { rm } from 'node:fs/promises';
import { type Clock } from '@fatbuildr/domain';
import { addAllToPool } from '../shared/pool.ts';
import { type PlannedChanges, planChanges } from './changes.ts';
import { checkDefinition } from './definition.ts';
import { type IndexedPackage, type IndexTarget, indexTargets } from './indexes.ts';
import { type Layout, layoutOf } from './layout.ts';
import { renderRelease } from './release.ts';
import { byIdentity, type Holding, type StoredRepository, withoutRow } from './rows.ts';
import type { AptStore } from './store.ts';
import type {
  AptRepository,
  ManifestEntry,
  Publication,
  PublishedPackage,
  PublishRequest,
  PublishResult,
} from './types.ts';
import { switchTo, verifyRevision, writeIndex, writeSigned } from './write.ts';

/** What a writer of repositories needs. */
export interface WriterContext {
  tree: string;
  scratch: string;
  store: AptStore;
  clock: Clock;
}

/**
 * Writes one publication, in the order that lets a crash at any point leave the old repository or the new one:
 * pool → indexes by hash → Release and signatures → verification → `commit` → head in the database → renames.
 *
 * @param always also when nothing changes, to sign again
 */
export async function writePublication(
  context: WriterContext,
  { repository: definition, changes, tasks, signer, commit, step = () => {} }: PublishRequest,
  always = false,
): Promise<PublishResult> {
  const { tree, scratch, store, clock } = context;
  const layout = layoutOf(tree, definition.instance, definition.distribution);
  const { repository, fence } = store.startWriting(definition);
  const head = store.publication(repository);
  if (head) await switchTo(layout, head, scratch);

  const members = (selector: Parameters<AptStore['members']>[1]) => store.members(repository, selector);
  const planned = planChanges(definition, changes, members);
  if (head) checkDefinition(repository.definition, definition, derivativesAfter(planned, store.holdings(repository)));
  if (head && !always && isNothing(planned) && !definitionChanged(repository.definition, definition)) {
    return { revision: head.revision, changed: false, added: [], removed: [] };
  }
  await step('start');

  const poolFiles = planned.add.flatMap((addition) => addition.package.files);
  await addAllToPool(layout.root, poolFiles, scratch);
  await step('pool');

  const manifest = await writeIndexes(context, layout, repository, definition, planned, head);
  await step('indexes');

  const publication: Publication = {
    revision: (head?.revision ?? 0) + 1,
    previous: head?.revision ?? null,
    // A date that goes back is taken for a replay by apt.
    created: Math.max(clock(), head?.created ?? 0),
    tasks,
    manifest,
  };
  const release = renderRelease(definition, manifest, publication.created);
  await step('manifest');
  try {
    await writeSigned(layout, publication, release, signer, scratch);
    await step('signatures');
    await verifyRevision(layout, publication, release, poolFiles, signer);
    await step('verified');
    await commit?.();
    await step('committed');
    store.moveHead({ repository, definition, fence, publication, ...planned });
  } catch (error) {
    await rm(layout.revision(publication.revision), { recursive: true, force: true });
    throw error;
  }
  await step('head');
  await switchTo(layout, publication, scratch, step);
  await step('done');
  return {
    revision: publication.revision,
    changed: true,
    added: planned.add.map(({ derivative, package: added }) => toPublished(derivative, added, publication)),
    removed: planned.remove.map(withoutRow),
  };
}

/** Renders the indexes that change and takes over the others from the present publication. */
async function writeIndexes(
  { store, scratch }: WriterContext,
  layout: Layout,
  repository: StoredRepository,
  definition: AptRepository,
  planned: PlannedChanges,
  head: Publication | undefined,
): Promise<ManifestEntry[]> {
  const udebs = new Set([
    ...store
      .holdings(repository)
      .filter(({ kind }) => kind === 'udeb')
      .map(({ derivative }) => derivative),
    ...planned.add.filter((addition) => addition.package.kind === 'udeb').map(({ derivative }) => derivative),
  ]);
  const known = new Map(head?.manifest.map((entry) => [entry.path, entry]));
  const write = async (target: IndexTarget): Promise<ManifestEntry[]> => {
    const kept = target.paths.map((path) => known.get(path)).filter((entry) => entry !== undefined);
    if (kept.length === target.paths.length && !touches(planned, target)) return kept;
    const gone = planned.remove.filter(({ derivative }) => derivative === target.derivative);
    const without = new Set(gone.map(({ id }) => id));
    const added = planned.add.filter((addition) => isIn(target, addition.derivative, addition.package));
    const packages: IndexedPackage[] = [
      ...store.indexed(repository, target, without),
      ...added.map((addition) => addition.package),
    ];
    const contents = await target.render(packages.sort(byIdentity));
    return Promise.all(target.paths.map((path, index) => writeIndex(layout, path, contents[index] as Buffer, scratch)));
  };
  // Side by side: the disk syncs many files in the time of one.
  return (await Promise.all(indexTargets(definition, (derivative) => udebs.has(derivative)).map(write))).flat();
}

function touches(planned: PlannedChanges, target: IndexTarget): boolean {
  return (
    planned.add.some((addition) => isIn(target, addition.derivative, addition.package)) ||
    planned.remove.some((member) => isIn(target, member.derivative, member))
  );
}

function isIn(target: IndexTarget, derivative: string, item: { kind: string; architecture: string }): boolean {
  return (
    derivative === target.derivative && item.kind === target.kind && target.architectures.includes(item.architecture)
  );
}

function isNothing({ add, remove }: PlannedChanges): boolean {
  return add.length === 0 && remove.length === 0;
}

function definitionChanged(published: AptRepository, wanted: AptRepository): boolean {
  const essence = ({ derivatives, architectures, validDays }: AptRepository) =>
    JSON.stringify([derivatives, architectures, validDays]);
  return essence(published) !== essence(wanted);
}

/** The derivatives that hold packages once the planned ones are gone. */
function derivativesAfter(planned: PlannedChanges, holdings: Holding[]): Set<string> {
  const left = holdings.filter(({ derivative, kind, count }) => {
    const gone = planned.remove.filter((member) => member.derivative === derivative && member.kind === kind);
    return count > gone.length;
  });
  return new Set(left.map(({ derivative }) => derivative));
}

function toPublished(
  derivative: string,
  added: PlannedChanges['add'][number]['package'],
  { revision, created, tasks }: Publication,
): PublishedPackage {
  const { stanza: _, contents: __, files, ...identity } = added;
  return {
    ...identity,
    derivative,
    files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    size: files.reduce((sum, file) => sum + file.size, 0),
    since: revision,
    published: created,
    tasks,
  };
}
