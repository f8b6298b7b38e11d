import type { PublishedPackageRow, RepositoryRow, Suite, TaskRow } from '@fatbuildr/database';
import {
  ChangelogEntry,
  type PublicationPart,
  type PublicationResult,
  type SyncRequest,
  type SyncResponse,
} from '@fatbuildr/domain';
import type { Change } from './context.ts';

/** What the publisher has of an instance: what it does not name any more, or counts anew, is forgotten. */
export async function applySync(tx: Change, sync: SyncRequest): Promise<SyncResponse> {
  const { instance, lineage } = sync;
  const told = new Map(sync.repositories.map((one) => [`${one.format} ${one.distribution}`, one]));
  const known = new Map<string, RepositoryRow>();
  for (const row of await tx.registry.repositoriesOf(instance)) {
    const name = `${row.format} ${row.distribution}`;
    const now = told.get(name);
    // A revision beyond its last: the publisher was restored from a backup.
    const follows = now && row.lineage === lineage && row.revision >= now.oldest && row.revision <= now.revision;
    if (follows) {
      known.set(name, row);
      await forgetOlder(tx, row, now.oldest);
    } else {
      await tx.registry.forget(row);
    }
  }
  if (sync.keyring) await tx.registry.setKeyring(instance, JSON.stringify(sync.keyring));
  else await tx.registry.removeKeyring(instance);
  return {
    repositories: sync.repositories.map(({ format, distribution }) => ({
      ...{ format, distribution },
      known: known.get(`${format} ${distribution}`)?.revision ?? 0,
    })),
  };
}

/**
 * Takes a part of the publication that follows on what is known, and makes it the current one with its last part.
 * Resolves to the revision that is known then: the same as before when the part did not follow.
 */
export async function applyPart(tx: Change, part: PublicationPart): Promise<number> {
  const { instance, format, distribution, lineage, oldest, revision, previous } = part;
  const suite: Suite = { instance, format, distribution };
  const row = await tx.registry.repository(suite);
  const known = row?.lineage === lineage ? row.revision : 0;
  if (known !== (previous ?? 0)) return known;

  if (row && row.lineage !== lineage) await tx.registry.forget(suite);
  else if (part.first) await tx.published.undo(suite, known);
  await tx.published.remove(suite, part.removed, revision);
  await tx.published.add(part.added.map((one) => packageRow(suite, revision, one)));
  if (part.files === null) return known;
  const { added, removed } = await tx.published.changes(suite, revision);
  await tx.registry.addPublication({
    ...suite,
    ...{ revision, previous, created: part.created, added, removed },
    tasksJson: JSON.stringify(part.tasks),
    filesJson: JSON.stringify(part.files),
  });
  await tx.registry.setRepository({ ...suite, lineage, oldest: row?.oldest ?? oldest, revision });
  if (row) await forgetOlder(tx, { ...row, revision }, oldest);
  return revision;
}

/** What the publisher does not keep any more. */
async function forgetOlder(tx: Change, repository: RepositoryRow, oldest: number): Promise<void> {
  if (repository.oldest >= oldest) return;
  await tx.registry.forgetPublications(repository, oldest);
  await tx.published.forgetBefore(repository, oldest);
  await tx.registry.setRepository({ ...repository, oldest });
}

function packageRow(suite: Suite, since: number, one: PublicationPart['added'][number]): PublishedPackageRow {
  const { derivative, name, version, architecture, source, sha256 } = one;
  return {
    ...suite,
    ...{ derivative, name, version, architecture, since, until: null, sha256 },
    sourceName: source.name,
    sourceVersion: source.version,
    packageJson: JSON.stringify(one),
  };
}

/** What came of an order of the publisher, beside what it published. */
export async function applyResult(tx: Change, task: TaskRow, result: PublicationResult): Promise<void> {
  if (result.keyring) await tx.registry.setKeyring(task.instance, JSON.stringify(result.keyring));
  if (result.preview) await tx.tasks.update(task.id, { previewJson: JSON.stringify(result.preview) });
}

/** A build that was published becomes part of its artifact's changelog. */
export async function recordPublished(tx: Change, task: TaskRow): Promise<void> {
  const { format, distribution, derivative, artifact, version, submitterJson, message } = task;
  if (task.kind !== 'build' || !format || !distribution || !derivative || !artifact || !version) return;
  const entry: ChangelogEntry = {
    version,
    distribution,
    author: JSON.parse(submitterJson ?? 'null'),
    message: message ?? '',
    timestamp: task.created,
    taskId: task.id,
    instance: task.instance,
  };
  await tx.versions.addChangelog({
    ...{ task: task.id, instance: task.instance, format, distribution, derivative, artifact },
    entryJson: JSON.stringify(ChangelogEntry.parse(entry)),
    published: tx.now,
  });
}
