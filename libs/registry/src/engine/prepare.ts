import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { IngestedFile } from '../model/package.ts';
import { addToPool, checkPool } from '../shared/pool.ts';
import { openWave, type Wave } from '../shared/wave.ts';
import type { Arrival } from '../store/store.ts';
import type { Planned } from './batch.ts';
import type { WriterContext } from './context.ts';
import type { Addition } from './plan.ts';

/** Bounded, so that the process has time for others in between. */
const ROWS_AT_ONCE = 200;

/** A change whose packages have rows, and whose files are staged for the pool. */
export interface Prepared extends Planned {
  arrivals: Arrival[];
  wave: Wave;
  /** Files that it needs in the pool. */
  files: { path: string; size: number }[];
  /** Gives back what it keeps collectors from. */
  release(): void;
}

/**
 * Stages what a change brings: files on their way into the pool, rows of packages that no repository holds yet. Nobody
 * may collect the rows until it is released; the plan's own needs are claimed by who planned it.
 *
 * @param root what pool paths start from
 * @throws Failure `publish-failure` when files are not what was ingested, or not where they were
 */
export async function prepare(context: WriterContext, root: string, planned: Planned): Promise<Prepared> {
  const { store, claims, scratch } = context;
  const { add } = planned.plan;
  const files = add.flatMap(({ facts }) => facts.files);
  const releases: (() => void)[] = [];
  const release = () => {
    for (const each of releases) each();
  };
  const wave = openWave(scratch);
  try {
    await checkPool(
      root,
      add.filter(({ from }) => 'row' in from).flatMap(({ facts }) => facts.files),
    );
    await addToPool(root, add.flatMap(incomingFiles), wave);
    const arrivals: Arrival[] = [];
    for (let first = 0; first < add.length; first += ROWS_AT_ONCE) {
      if (first > 0) await setImmediate();
      const slice = add.slice(first, first + ROWS_AT_ONCE);
      const rows = store.together(() => slice.map((addition) => rowOf(context, planned, addition)));
      releases.push(claims.hold(rows));
      for (const [index, { derivative, facts }] of slice.entries()) {
        const { name, kind, architecture } = facts;
        arrivals.push({ id: rows[index] as number, derivative, name, kind, architecture, task: planned.change.task });
      }
    }
    return { ...planned, arrivals, wave, files, release };
  } catch (error) {
    release();
    await wave.abandon();
    throw error;
  }
}

/** What a plan needs that is there already or comes: rows, files of the pool, and the directories that these are in. */
export function needsOf({ add }: { add: readonly Addition[] }, root: string): (string | number)[] {
  const rows = add.flatMap(({ from }) => ('row' in from ? [from.row] : []));
  const paths = new Set<string>();
  for (const { path } of add.flatMap(({ facts }) => facts.files)) {
    for (let each = path; each !== '.' && !paths.has(join(root, each)); each = dirname(each))
      paths.add(join(root, each));
  }
  return [...rows, ...paths];
}

function rowOf({ store }: WriterContext, { change }: Planned, { facts, from }: Addition): number {
  if ('row' in from) return from.row;
  return store.addPackage(change.definition, facts, 'parts' in from ? from.parts : { content: from.content });
}

function incomingFiles({ from }: Addition): IngestedFile[] {
  return 'files' in from ? from.files : [];
}
