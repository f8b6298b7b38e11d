import { join } from 'node:path';
import type { IngestedPackage } from '../model/package.ts';
import type { PublishResult } from '../model/publication.ts';
import type { RepositoryRef } from '../model/repository.ts';
import type { PackageIdentity, StagedPackage, Staging } from '../model/staging.ts';
import { sizeOf } from '../shared/durable.ts';
import { addToPool } from '../shared/pool.ts';
import { openWave } from '../shared/wave.ts';
import type { StoredPackage } from '../store/packages.ts';
import { factsOf, type PackageFacts } from '../store/rows.ts';
import type { Change } from './change.ts';
import type { WriterContext } from './context.ts';
import type { Addition } from './plan.ts';
import { needsOf } from './prepare.ts';
import { publishingStaged } from './requests.ts';

/** @param change as the registry does every change */
export function openStaging(
  { tree, scratch, store, claims, formatOf }: WriterContext,
  ref: Omit<RepositoryRef, 'distribution'>,
  change: (change: Change, dryRun?: boolean) => Promise<PublishResult>,
): Staging {
  const root = formatOf(ref).root(tree, ref.instance);
  const rows = new Map<number, PackageFacts>();
  const releases: (() => void)[] = [];

  /** Before the first look at a thing: a collector may run beside us. */
  function claim(additions: readonly Addition[]): () => void {
    const release = claims.hold(needsOf({ add: [...additions] }, root));
    releases.push(release);
    return release;
  }

  function taken({ id, facts }: StoredPackage): StagedPackage {
    rows.set(id, facts);
    const { name, version, architecture, content, source, size } = facts;
    return { id, kind: facts.kind as IngestedPackage['kind'], name, version, architecture, content, source, size };
  }

  async function whole({ id, facts }: StoredPackage): Promise<boolean> {
    const release = claim([{ derivative: '', facts, from: { row: id } }]);
    const sizes = await Promise.all(facts.files.map(({ path }) => sizeOf(join(root, path))));
    const isWhole = facts.files.every(({ size }, index) => sizes[index] === size);
    if (!isWhole) release();
    return isWhole;
  }

  async function find(matches: (stored: StoredPackage) => boolean, identity: PackageIdentity) {
    for (const stored of store.packagesOf(ref, identity)) {
      if (matches(stored) && (await whole(stored))) return stored;
    }
    return undefined;
  }

  async function add(fresh: readonly IngestedPackage[]): Promise<StoredPackage[]> {
    const all = fresh.map((ingested) => ({ facts: factsOf(ingested), ingested }));
    claim(all.map(({ facts, ingested }) => ({ derivative: '', facts, from: ingested })));
    const wave = openWave(scratch);
    try {
      const files = fresh.flatMap((ingested) => ingested.files);
      await addToPool(root, files, wave);
      await wave.settle();
    } finally {
      await wave.abandon();
    }
    const ids = store.together(() => all.map(({ facts, ingested }) => store.addPackage(ref, facts, ingested.parts)));
    releases.push(claims.hold(ids));
    return all.map(({ facts }, index) => ({ id: ids[index] as number, facts }));
  }

  return {
    async find(identity, origin) {
      const found = await find(({ id, facts }) => facts.digest === origin || store.cameBy(id, origin), identity);
      return found && taken(found);
    },
    async add(arriving) {
      const present = await Promise.all(
        arriving.map(({ package: one }) => find(({ facts }) => facts.content === one.content, one)),
      );
      const fresh = await add(arriving.filter((_, index) => !present[index]).map((each) => each.package));
      const all = arriving.map((_, index) => present[index] ?? (fresh.shift() as StoredPackage));
      store.together(() => {
        for (const [index, { origin }] of arriving.entries()) {
          const stored = all[index] as StoredPackage;
          if (stored.facts.digest !== origin) store.rememberOrigin(stored.id, origin);
        }
      });
      return all.map(taken);
    },
    publish(request, derivative, staged) {
      const wanted = staged.map(({ id }): Addition => {
        return { derivative, facts: rows.get(id) as PackageFacts, from: { row: id } };
      });
      return change(publishingStaged(request, wanted), request.dryRun);
    },
    close() {
      for (const release of releases.splice(0)) release();
    },
  };
}
