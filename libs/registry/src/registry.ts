import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, systemClock } from '@fatbuildr/domain';
import { writeAccess } from './access.ts';
import { preview } from './engine/batch.ts';
import { openCatchUp } from './engine/catch-up.ts';
import type { Change } from './engine/change.ts';
import { check } from './engine/check/check.ts';
import { openClaims } from './engine/claims.ts';
import { collect } from './engine/collect.ts';
import { keyOfRepository, type WriterContext } from './engine/context.ts';
import { impact } from './engine/impact.ts';
import { byIdentity } from './engine/order.ts';
import { publishBatch } from './engine/publish.ts';
import { openQueue } from './engine/queue.ts';
import { ensuring, promotion, publishing, rollback } from './engine/requests.ts';
import { openStaging } from './engine/staging.ts';
import { viewOf } from './engine/view.ts';
import { serve } from './engine/write.ts';
import { FORMATS } from './formats.ts';
import { openBeginnings } from './indexes/beginnings.ts';
import type { ListQuery, PublishResult } from './model/publication.ts';
import type { Registry, RegistryOptions, Trouble } from './model/registry.ts';
import type { Repository } from './model/repository.ts';
import type { EnsureRequest } from './model/requests.ts';
import { toPublished } from './store/rows.ts';
import { openStore } from './store/store.ts';

/** Opens the repositories below a directory, with the database that describes them. */
export function openRegistry({
  tree,
  database,
  signerFor,
  clock = systemClock,
  spacingMs = 1000,
  lagMs = 600_000,
  gate,
}: RegistryOptions): Registry {
  const scratch = join(tree, '.incoming');
  mkdirSync(scratch, { recursive: true, mode: 0o755 });
  mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
  const store = openStore(database);
  const context: WriterContext = {
    tree,
    scratch,
    store,
    clock,
    signerFor,
    ...(gate ? { gate } : {}),
    claims: openClaims(),
    beginnings: openBeginnings(),
    lagMs,
    formatOf: ({ format }) => FORMATS[format],
    served: new Map(),
  };
  const enqueue = openQueue((batch) => publishBatch(context, batch), spacingMs);
  const troubles = new Map<string, Trouble>();

  async function change(wanted: Change, dryRun = false): Promise<PublishResult> {
    const { definition } = wanted;
    if (!dryRun) {
      const key = keyOfRepository(definition);
      try {
        const result = await enqueue(key, wanted);
        troubles.delete(key);
        catchUp.plan(definition);
        return result;
      } catch (error) {
        if (context.served.get(key) instanceof Failure) troubles.set(key, troubleOf(definition, error));
        throw error;
      }
    }
    const stored = store.find(definition);
    return preview(wanted, viewOf(store, context.formatOf(definition), definition, stored), stored, clock());
  }
  /** Nobody waits for it, so what keeps it from being done is remembered. */
  async function ensure(request: EnsureRequest): Promise<boolean> {
    const { repository } = request;
    try {
      return (await change(ensuring(request, context))).changed;
    } catch (error) {
      const published = store.find(repository);
      // What cannot be as it is wanted must not expire as it is.
      if (error instanceof Failure && error.outcome === 'rejected' && typeof published?.revision === 'number') {
        await change(ensuring({ ...request, repository: published.definition }, context)).catch(() => {});
      }
      troubles.set(keyOfRepository(repository), troubleOf(repository, error));
      throw error;
    }
  }
  const catchUp = openCatchUp(context, async (repository) => void (await ensure({ repository })));
  function* packages(query: ListQuery) {
    const repository = store.find(query);
    if (!repository) return;
    for (const page of store.pagesOfMembers(repository, query)) yield* toPublished(page);
  }

  return {
    lineage: store.lineage(),
    scratch,
    ensurePublished: ensure,
    publish: (request) => change(publishing(request), request.dryRun),
    promote: (request) => change(promotion(request, store), request.dryRun),
    stage: (ref) => openStaging(context, ref, change),
    rollback: (request) => change(rollback(request, store), request.dryRun),
    packages,
    list: (query) => [...packages(query)].sort(byIdentity(context.formatOf(query))),
    publications({ limit = 100, before, ...ref }) {
      const repository = store.find(ref);
      return repository ? store.publications(repository, limit, before) : [];
    },
    publication(ref, revision) {
      const repository = store.find(ref);
      return repository && store.publication(repository, revision);
    },
    revisions(ref) {
      const repository = store.find(ref);
      return repository && store.revisions(repository);
    },
    former(ref, one) {
      const repository = store.find(ref);
      return repository && store.former(repository, one);
    },
    versions(ref, name) {
      const repository = store.find(ref);
      return repository ? store.versions(repository, name) : [];
    },
    metadata(ref, { derivative, architecture, type }) {
      const repository = store.find(ref);
      const held = repository && store.metadata(repository);
      const one = held?.find(
        (each) => each.derivative === derivative && each.architecture === architecture && each.name === type,
      );
      return one && store.part(one.id, 'content');
    },
    *changes(ref, revision) {
      const repository = store.find(ref);
      if (!repository) return;
      if (store.revisions(repository)?.oldest === revision) {
        for (const each of packages({ ...ref, revision })) yield { change: 'added', package: each };
        return;
      }
      for (const [change, which] of [
        ['removed', 'until'],
        ['added', 'since'],
      ] as const) {
        for (const page of store.pagesOfChanges(repository, revision, which)) {
          for (const each of toPublished(page)) yield { change, package: each };
        }
      }
    },
    collect: (request) => collect(context, request),
    check: (request) =>
      check(context, request, async (repository) => {
        await change({ ...ensuring({ repository, resign: true }, context), rewrite: true });
        // What kept its content has a new file all the same: the next in turn gives it its plain name.
        context.served.delete(keyOfRepository(repository));
        await change(ensuring({ repository }, context));
      }),
    impact: (ref, remove, add = [], options = {}) => impact(context, ref, { remove, add, ...options }),
    publishAccess: (request) => writeAccess(context, request),
    troubles: () => [...troubles.values()],
    async recover() {
      const result = { finished: 0, forgotten: 0 };
      for (const left of await readdir(scratch)) await rm(join(scratch, left), { recursive: true });
      store.dropAbandonedBodies();
      for (const repository of store.repositories()) {
        const { definition } = repository;
        const format = context.formatOf(definition);
        const head = store.publication(repository);
        try {
          if (head && (await serve(context, { format, definition }, head, undefined, async () => {})))
            result.finished += 1;
          for (const revision of await format.abandoned(tree, definition, head?.revision ?? 0)) {
            await format.forget(tree, definition, revision);
            result.forgotten += 1;
          }
        } catch (error) {
          troubles.set(keyOfRepository(definition), troubleOf(definition, error));
        }
      }
      return result;
    },
    close() {
      catchUp.stop();
      store.close();
    },
  };
}

function troubleOf({ instance, format, distribution }: Repository, error: unknown): Trouble {
  return { instance, format, distribution, error };
}
