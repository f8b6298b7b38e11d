import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@fatbuildr/domain';
import type { ManifestEntry, Publication, PublishedPackage, PublishResult } from '../apt/types.ts';
import { addAllToPool } from '../shared/pool.ts';
import { checkRpmDefinition, type PlannedRpmChanges, planRpmChanges } from './changes.ts';
import { planExtras, renderExtras } from './extras.ts';
import { type RpmLayout, type RpmTarget, rpmLayoutOf, snapshotOf, targetsOf } from './layout.ts';
import { renderLists, type ShardedRpm } from './shards.ts';
import type { RpmMember, RpmStore, StoredRpmRepository } from './store.ts';
import type { IngestedRpm, RpmPublishRequest, RpmRepository } from './types.ts';
import { directoryOf, isHead, switchRpmTo, verifyWritten, writeLists, writeSignature } from './write.ts';

/** What a writer of repositories needs. */
export interface RpmWriterContext {
  tree: string;
  scratch: string;
  store: RpmStore;
  clock: Clock;
}

/**
 * Writes one publication, in the order that lets a crash at any point leave the old repository or the new one:
 * pool → lists in a new snapshot → signatures → verification → `commit` → head in the database → renames.
 *
 * @param always also when nothing changes, to sign again
 */
export async function writeRpmPublication(
  context: RpmWriterContext,
  { repository: definition, changes, tasks, signer, commit, step = () => {} }: RpmPublishRequest,
  always = false,
): Promise<PublishResult> {
  const { tree, scratch, store, clock } = context;
  const layout = rpmLayoutOf(tree, definition.instance, definition.distribution);
  checkRpmDefinition(definition, []);
  const { repository, fence } = store.startWriting(definition);
  const head = store.publication(repository);
  if (head) await switchRpmTo(layout, head, repository.definition, scratch);

  const planned = planRpmChanges(definition, changes, (selector) => store.members(repository, selector));
  checkRpmDefinition(definition, derivativesAfter(planned, store.holdings(repository)));
  const targets = await Promise.all(
    targetsOf(definition).map(async (target) => {
      const kept = (head?.manifest ?? []).filter((entry) => directoryOf(entry) === layout.directory(target));
      return { target, kept, extras: await planExtras(layout, target, kept, changes.metadata ?? []) };
    }),
  );
  const nothing = isNothing(planned) && !targets.some(({ extras }) => extras.changed);
  if (head && !always && nothing && !definitionChanged(repository.definition, definition)) {
    return { revision: head.revision, changed: false, added: [], removed: [] };
  }
  await step('start');

  const poolFiles = planned.add.flatMap((addition) => addition.package.files);
  await addAllToPool(layout.root, poolFiles, scratch);
  await step('pool');

  const next = { revision: (head?.revision ?? 0) + 1, created: Math.max(clock(), (head?.created ?? 0) + 1000) };
  const anew = always || repository.definition.compression !== definition.compression;
  const written: ManifestEntry[] = [];
  const manifest: ManifestEntry[] = [];
  const used: { key: string; shards: Set<string> }[] = [];
  try {
    for (const { target, kept, extras } of targets) {
      const directory = layout.directory(target);
      if (kept.length > 0 && !anew && !extras.changed && !touches(planned, target)) {
        manifest.push(...kept);
        continue;
      }
      const key = `${definition.instance}/${definition.distribution}/${directory}`;
      const packages = packagesOf(store, repository, target, planned);
      const compression = definition.compression ?? 'gzip';
      const { lists, shards } = await renderLists(store, key, packages, compression);
      lists.push(...(await renderExtras(extras, compression)));
      written.push(...(await writeLists(layout, directory, lists, next, scratch)));
      used.push({ key, shards });
    }
    await step('indexes');
    for (const entry of written.filter(isHead)) written.push(await writeSignature(layout, entry, signer, scratch));
    manifest.push(...written);
    await step('signatures');
    await verifyWritten(layout, written, poolFiles, signer);
    await step('verified');
    await commit?.();
    await step('committed');
    const publication: Publication = { ...next, previous: head?.revision ?? null, tasks, manifest };
    store.moveHead({ repository, definition, fence, publication, ...planned });
  } catch (error) {
    await forget(layout, definition, next.revision);
    throw error;
  }
  await step('head');
  const publication: Publication = { ...next, previous: head?.revision ?? null, tasks, manifest };
  await switchRpmTo(layout, publication, definition, scratch, step);
  for (const { key, shards } of used) store.keepOnlyShards(key, shards);
  await step('done');
  return {
    revision: publication.revision,
    changed: true,
    added: planned.add.map(({ derivative, package: added }) => toPublished(derivative, added, publication)),
    removed: planned.remove.map(withoutRpmRow),
  };
}

/** A member as others may see it: without its row. */
export function withoutRpmRow({ id, content, ...published }: RpmMember): PublishedPackage {
  void id;
  void content;
  return published;
}

async function forget(layout: RpmLayout, definition: RpmRepository, revision: number): Promise<void> {
  for (const target of targetsOf(definition)) {
    const snapshot = join(layout.top, snapshotOf(layout.directory(target), revision));
    await rm(snapshot, { recursive: true, force: true });
  }
}

function packagesOf(
  store: RpmStore,
  repository: StoredRpmRepository,
  target: RpmTarget,
  planned: PlannedRpmChanges,
): ShardedRpm[] {
  const gone = planned.remove.filter(({ derivative }) => derivative === target.derivative);
  const without = new Set(gone.map(({ id }) => id));
  const present = store.listed(repository, target).filter(({ id }) => !without.has(id));
  const added = planned.add.filter(({ derivative, package: each }) => isIn(target, derivative, each));
  return [
    ...present.map(({ id, name, digest }) => ({
      name,
      digest,
      fragment: (list: Parameters<ShardedRpm['fragment']>[0]) => store.fragment(id, list),
    })),
    ...added.map(({ package: { name, digest, fragments } }) => ({
      name,
      digest,
      fragment: (list: Parameters<ShardedRpm['fragment']>[0]) => fragments[list],
    })),
  ];
}

function touches(planned: PlannedRpmChanges, target: RpmTarget): boolean {
  return (
    planned.add.some((addition) => isIn(target, addition.derivative, addition.package)) ||
    planned.remove.some((member) => isIn(target, member.derivative, member))
  );
}

function isIn(target: RpmTarget, derivative: string, { architecture }: { architecture: string }): boolean {
  return derivative === target.derivative && target.architectures.includes(architecture);
}

function isNothing({ add, remove }: PlannedRpmChanges): boolean {
  return add.length === 0 && remove.length === 0;
}

function definitionChanged(published: RpmRepository, wanted: RpmRepository): boolean {
  const essence = ({ derivatives, architectures, baseUrl, compression }: RpmRepository) =>
    JSON.stringify([derivatives, architectures, baseUrl, compression]);
  return essence(published) !== essence(wanted);
}

/** The derivatives that hold packages once the planned ones are gone. */
function derivativesAfter({ remove }: PlannedRpmChanges, holdings: { derivative: string; count: number }[]): string[] {
  return holdings
    .filter(({ derivative, count }) => count > remove.filter((member) => member.derivative === derivative).length)
    .map(({ derivative }) => derivative);
}

function toPublished(
  derivative: string,
  added: IngestedRpm,
  { revision, created, tasks }: Publication,
): PublishedPackage {
  const { fragments: _, content: __, files, ...identity } = added;
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
