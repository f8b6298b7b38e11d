import type { WorkerApi } from '@fatbuildr/client/worker';
import { PART_LIMIT, type PublicationPart, type SyncRequest } from '@fatbuildr/domain';
import type { Publication, Registry, RepositoryRef } from '@fatbuildr/registry';
import { packageKey, registryPackage } from './registry-package.ts';

export interface TellingOptions {
  api: Pick<WorkerApi, 'sync' | 'tellPublication'>;
  registry: Pick<Registry, 'lineage' | 'revisions' | 'publication' | 'changes'>;
  /** What there is of each instance: its keyring, if it has one, and its repositories. */
  instances(): Promise<InstanceContents[]>;
  /** Ends every call. */
  signal: AbortSignal;
}

export interface InstanceContents {
  instance: string;
  keyring: SyncRequest['keyring'];
  repositories: RepositoryRef[];
}

/** Keeps the api's view of the repositories up to date. */
export interface Telling {
  /** Says what there is, and tells what the api does not know: at the start, and after the api was away. */
  everything(): Promise<void>;
  /** Tells what was published since, whoever asked for it: cheap where that is nothing. */
  news(): Promise<void>;
  /** Resolves when the api knows the repository as it is now. Calls for one repository share what they tell. */
  repository(ref: RepositoryRef): Promise<void>;
}

export function openTelling({ api, registry, instances, signal }: TellingOptions): Telling {
  /** How far the api knows each repository. */
  const known = new Map<string, number>();
  /** What is being told of each, one thing after the other. */
  const last = new Map<string, Promise<void>>();

  async function sayWhatThereIs(): Promise<void> {
    const { lineage } = registry;
    for (const { instance, keyring, repositories } of await instances()) {
      const kept = repositories.flatMap((ref) => {
        const revisions = registry.revisions(ref);
        const { format, distribution } = ref;
        return revisions ? [{ format, distribution, oldest: revisions.oldest, revision: revisions.current }] : [];
      });
      const answer = await api.sync({ instance, lineage, keyring, repositories: kept }, signal);
      for (const one of answer.repositories) known.set(nameOf({ instance, ...one }), one.known);
    }
  }

  async function catchUp(ref: RepositoryRef): Promise<void> {
    const name = nameOf(ref);
    for (;;) {
      const kept = registry.revisions(ref);
      if (!kept) return;
      const upTo = known.get(name);
      // never said, or told last before what was collected since
      if (upTo === undefined || (upTo > 0 && upTo < kept.oldest)) await sayWhatThereIs();
      else if (upTo >= kept.current) return;
      else known.set(name, await tell(ref, upTo, kept.oldest));
    }
  }

  /** Tells of the publication that follows on what is known; resolves to what is known then. */
  async function tell(ref: RepositoryRef, upTo: number, oldest: number): Promise<number> {
    const publication = registry.publication(ref, upTo === 0 ? oldest : upTo + 1);
    if (!publication) throw new Error(`${nameOf(ref)} lacks a publication after revision ${upTo}`);
    const previous = upTo === 0 ? null : upTo;
    for (const part of partsOf(registry, ref, publication, { previous, oldest })) {
      const answer = await api.tellPublication(part, signal);
      const follows = answer.known === (part.files ? publication.revision : upTo);
      if (follows) continue;
      if (answer.known === upTo)
        throw new Error(`the api does not take revision ${publication.revision} of ${nameOf(ref)}`);
      // it was set back, or heard it before: it says where to go on
      return answer.known;
    }
    return publication.revision;
  }

  function repository(ref: RepositoryRef): Promise<void> {
    const name = nameOf(ref);
    const before = last.get(name) ?? Promise.resolve();
    const next = before.catch(() => undefined).then(() => catchUp(ref));
    last.set(name, next);
    return next;
  }

  async function news(): Promise<void> {
    for (const { repositories } of await instances()) for (const ref of repositories) await repository(ref);
  }

  return {
    repository,
    news,
    async everything() {
      await sayWhatThereIs();
      await news();
    },
  };
}

/** One publication in parts of bounded size; the last one carries its indexes. */
function* partsOf(
  registry: TellingOptions['registry'],
  ref: RepositoryRef,
  { revision, created, tasks, manifest }: Publication,
  { previous, oldest }: { previous: number | null; oldest: number },
): Generator<PublicationPart> {
  const { instance, format, distribution } = ref;
  const head = {
    instance,
    format,
    distribution,
    lineage: registry.lineage,
    oldest,
    revision,
    previous,
    created,
    tasks,
  };
  const none = () => ({ added: [] as PublicationPart['added'], removed: [] as PublicationPart['removed'] });
  let first = true;
  let part = none();
  for (const { change, package: one } of registry.changes(ref, revision)) {
    if (part.added.length + part.removed.length === PART_LIMIT) {
      yield { ...head, first, ...part, files: null };
      first = false;
      part = none();
    }
    if (change === 'added') part.added.push(registryPackage(ref, one));
    else part.removed.push(packageKey(one));
  }
  yield { ...head, first, ...part, files: manifest.map(({ path, size, sha256 }) => ({ path, size, sha256 })) };
}

function nameOf({
  instance,
  format,
  distribution,
}: {
  instance: string;
  format: string;
  distribution: string;
}): string {
  return `${instance}/${format}/${distribution}`;
}
