import type { TaskRow } from '@fatbuildr/database';
import { ChangelogEntry, type PublicationResult, type RegistryPackage, type SyncRequest } from '@fatbuildr/domain';
import type { Change } from './context.ts';

type Publication = PublicationResult['publications'][number];

/** Takes over what the publisher made current. A result older than what is known already changes nothing. */
export async function applyPublication(tx: Change, instance: string, result: PublicationResult): Promise<void> {
  for (const publication of result.publications) await applyOne(tx, instance, publication);
  if (result.keyring) await tx.registry.setKeyring(instance, JSON.stringify(result.keyring));
}

/** The publisher's start: what it does not name any more is gone. */
export async function applySync(tx: Change, sync: SyncRequest): Promise<void> {
  const named = new Set(sync.publications.map((one) => `${one.format} ${one.distribution}`));
  for (const known of await tx.registry.publicationsOf(sync.instance)) {
    if (!named.has(`${known.format} ${known.distribution}`)) await tx.registry.clear(known);
  }
  for (const publication of sync.publications) await replace(tx, sync.instance, publication);
  if (sync.keyring) await tx.registry.setKeyring(sync.instance, JSON.stringify(sync.keyring));
  else await tx.registry.removeKeyring(sync.instance);
}

async function applyOne(tx: Change, instance: string, publication: Publication): Promise<void> {
  const suite = { instance, format: publication.format, distribution: publication.distribution };
  const known = await tx.registry.publication(suite);
  if (known && known.revision > publication.revision) return;
  if (publication.full) return replace(tx, instance, publication);
  for (const key of publication.removed) await tx.registry.remove(suite, key);
  await put(tx, instance, publication);
}

async function replace(tx: Change, instance: string, publication: Publication): Promise<void> {
  await tx.registry.clear({ instance, format: publication.format, distribution: publication.distribution });
  await put(tx, instance, publication);
}

async function put(tx: Change, instance: string, publication: Publication): Promise<void> {
  const { format, distribution, revision } = publication;
  for (const one of publication.added) await tx.registry.put(packageRow(instance, { ...one, format, distribution }));
  await tx.registry.setPublication({ instance, format, distribution, revision, published: tx.now });
}

function packageRow(instance: string, one: RegistryPackage) {
  const { format, distribution, derivative, name, version, architecture, source } = one;
  return {
    ...{ instance, format, distribution, derivative, name, version, architecture },
    sourceName: source.name,
    sourceVersion: source.version,
    packageJson: JSON.stringify(one),
  };
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
