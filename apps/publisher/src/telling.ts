import { mayPass, type WorkerApi } from '@fatbuildr/client/worker';
import { PART_LIMIT, ProblemError, type PublicationPart, type SyncRequest } from '@fatbuildr/domain';
import type { Publication, Registry, RepositoryRef } from '@fatbuildr/registry';
import type { Logger } from '@fatbuildr/service';
import { packageKey, registryPackage } from './registry-package.ts';
import { nameOf } from './repositories.ts';

/** Bytes of packages in one part: the api takes 64 MiB, and nothing else while it reads them. */
const PART_BYTES = 8 << 20;

export interface TellingOptions {
  api: Pick<WorkerApi, 'sync' | 'tellPublication'>;
  registry: Pick<Registry, 'lineage' | 'revisions' | 'publication' | 'changes'>;
  /** What there is of each instance. */
  instances(): InstanceContents[];
  /** Ends every call. */
  signal: AbortSignal;
  log: Logger;
}

export interface InstanceContents {
  instance: string;
  /** Null where it has none. @throws when it cannot be read */
  keyring(): Promise<SyncRequest['keyring']>;
  repositories: RepositoryRef[];
}

/**
 * Keeps the api's view of the repositories up to date. What it does not take, for whatever reason, holds up nothing
 * else: that is logged once, and tried again with the next news. All of it throws only when the api gives no answer for
 * long, or the signal aborts.
 */
export interface Telling {
  /** Says what there is, and tells what the api does not know: at the start, and after the api was away. */
  everything(): Promise<void>;
  /** Tells what was published since, whoever asked for it: cheap where that is nothing. */
  news(): Promise<void>;
  /**
   * Calls for one repository share what they tell.
   *
   * @returns whether the api knows the repository as it is now
   */
  repository(ref: RepositoryRef): Promise<boolean>;
  /** The names of instances and repositories that the api does not know as they are. */
  troubles(): string[];
}

/** There is no use in telling the api anything else. */
class NoAnswer extends Error {}

export function openTelling({ api, registry, instances, signal, log }: TellingOptions): Telling {
  /** How far the api knows each repository. */
  const known = new Map<string, number>();
  /** What is being told of each, one thing after the other. */
  const last = new Map<string, Promise<boolean>>();
  const troubles = new Set<string>();

  /** @returns whether it was done */
  async function seeTo(name: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      troubles.delete(name);
      return true;
    } catch (err) {
      signal.throwIfAborted();
      if (err instanceof NoAnswer) throw err.cause;
      if (!troubles.has(name)) log.error({ err, repository: name }, 'the api cannot be told what is published');
      troubles.add(name);
      return false;
    }
  }

  async function answerTo<T>(call: Promise<T>): Promise<T> {
    return call.catch((cause: unknown) => {
      const isAnswer = cause instanceof ProblemError && cause.kind === 'internal';
      throw mayPass(cause) && !isAnswer ? new NoAnswer('the api gives no answer', { cause }) : cause;
    });
  }

  async function sayWhatThereIs({ instance, keyring, repositories }: InstanceContents): Promise<void> {
    const { lineage } = registry;
    const key = await keyring();
    const kept = repositories.flatMap((ref) => {
      const revisions = registry.revisions(ref);
      const { format, distribution } = ref;
      return revisions ? [{ format, distribution, oldest: revisions.oldest, revision: revisions.current }] : [];
    });
    const answer = await answerTo(api.sync({ instance, lineage, keyring: key, repositories: kept }, signal));
    for (const one of answer.repositories) known.set(nameOf({ instance, ...one }), one.known);
  }

  async function catchUp(ref: RepositoryRef): Promise<void> {
    const name = nameOf(ref);
    for (let asked = false; ; ) {
      const kept = registry.revisions(ref);
      if (!kept) return;
      const upTo = known.get(name);
      if (upTo !== undefined && (upTo === 0 || upTo >= kept.oldest)) {
        if (upTo >= kept.current) return;
        known.set(name, await tell(ref, upTo, kept.oldest));
        continue;
      }
      // It is not among what there is: it left the configuration, and the api keeps nothing of it.
      if (upTo === undefined && asked) return;
      asked = true;
      // never said, or told last before what was collected since
      for (const one of instances()) if (one.instance === ref.instance) await sayWhatThereIs(one);
    }
  }

  /** Tells of the publication that follows on what is known; resolves to what is known then. */
  async function tell(ref: RepositoryRef, upTo: number, oldest: number): Promise<number> {
    const publication = registry.publication(ref, upTo === 0 ? oldest : upTo + 1);
    if (!publication) throw new Error(`${nameOf(ref)} lacks a publication after revision ${upTo}`);
    const previous = upTo === 0 ? null : upTo;
    for (const part of partsOf(registry, ref, publication, { previous, oldest })) {
      const answer = await answerTo(api.tellPublication(part, signal));
      const follows = answer.known === (part.files ? publication.revision : upTo);
      if (follows) continue;
      if (answer.known === upTo)
        throw new Error(`the api does not take revision ${publication.revision} of ${nameOf(ref)}`);
      // it was set back, or heard it before: it says where to go on
      return answer.known;
    }
    return publication.revision;
  }

  function repository(ref: RepositoryRef): Promise<boolean> {
    const name = nameOf(ref);
    const before = last.get(name) ?? Promise.resolve(true);
    const next = before.catch(() => undefined).then(() => seeTo(name, () => catchUp(ref)));
    last.set(name, next);
    return next;
  }

  async function news(): Promise<void> {
    for (const one of instances()) {
      if (troubles.has(one.instance)) await seeTo(one.instance, () => sayWhatThereIs(one));
      for (const ref of one.repositories) await repository(ref);
    }
  }

  return {
    repository,
    news,
    async everything() {
      for (const one of instances()) await seeTo(one.instance, () => sayWhatThereIs(one));
      await news();
    },
    troubles: () => [...troubles],
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
  let bytes = 0;
  for (const { change, package: one } of registry.changes(ref, revision)) {
    const added = change === 'added' ? registryPackage(ref, one) : undefined;
    const size = Buffer.byteLength(JSON.stringify(added ?? packageKey(one)));
    const count = part.added.length + part.removed.length;
    if (count === PART_LIMIT || (count > 0 && bytes + size > PART_BYTES)) {
      yield { ...head, first, ...part, files: null };
      first = false;
      part = none();
      bytes = 0;
    }
    bytes += size;
    if (added) part.added.push(added);
    else part.removed.push(packageKey(one));
  }
  yield { ...head, first, ...part, files: manifest.map(({ path, size, sha256 }) => ({ path, size, sha256 })) };
}
