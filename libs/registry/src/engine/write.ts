import { Failure } from '@fatbuildr/domain';
import type { Step, Written } from '../format.ts';
import type { Publication } from '../model/publication.ts';
import type { Repository, RepositorySigner } from '../model/repository.ts';
import { digestFile } from '../shared/durable.ts';
import { checkPool } from '../shared/pool.ts';
import { openWave, sideBySide, type Wave } from '../shared/wave.ts';
import type { Arrival, Departure } from '../store/store.ts';
import { type Found, type Planned, resultOf } from './batch.ts';
import { keyOfRepository, type WriterContext } from './context.ts';
import { passGate } from './gate.ts';
import { type Indexed, renderIndexes, strayMetadata } from './indexes.ts';
import type { RepositoryView } from './plan.ts';
import type { Prepared } from './prepare.ts';

/** What the writing of one publication shares. */
export interface Writer {
  context: WriterContext;
  found: Found;
  signer: RepositorySigner;
}

/** Tells each of several changes of the steps: of those alone that the publication is still about. */
export function stepsOf(planned: readonly Planned[]): Step {
  return async (name) => {
    await Promise.all(planned.map(async ({ change }) => change.step?.(name)));
  };
}

/** A publication of which everything is written and verified but which is not the head. */
interface Staged {
  publication: Publication;
  indexed: Indexed;
  add: Arrival[];
  remove: Departure[];
}

/**
 * Writes until all changes that are still in it have agreed; those that agreed are not asked again.
 *
 * @returns whether a publication came of it
 */
export async function writeAgreed(writer: Writer, prepared: readonly Prepared[]): Promise<boolean> {
  const agreed = new Set<Prepared>();
  let going = prepared;
  while (going.length > 0) {
    const asked = going.filter((each) => !agreed.has(each));
    const refusals: (() => void)[] = [];
    const published = await writeOnce(writer, going, async () => {
      const answers = await Promise.allSettled(asked.map(async ({ change }) => change.commit?.()));
      for (const [index, answer] of answers.entries()) {
        if (answer.status === 'fulfilled') agreed.add(asked[index] as Prepared);
        else refusals.push(() => asked[index]?.reject(answer.reason));
      }
      return going.every((each) => agreed.has(each));
    });
    if (published) return true;
    // Told once all is as it was.
    for (const refuse of refusals) refuse();
    going = going.filter((each) => agreed.has(each));
  }
  return false;
}

/**
 * Writes one publication, in the order that lets a crash at any point leave the old repository or the new one: pool and
 * indexes under names that no client looks for → signatures → all of it synced → verification → `agree` → head in the
 * database → renames.
 *
 * @returns whether all agreed; if not, all is as before
 */
async function writeOnce(writer: Writer, going: readonly Prepared[], agree: () => Promise<boolean>): Promise<boolean> {
  const { context, found } = writer;
  const { store, claims, scratch, served } = context;
  const { repository, head, fence, view } = found;
  const { definition } = view;
  const key = keyOfRepository(definition);
  const step = stepsOf(going);
  // Unless they have what the database says, all that they are given is looked at.
  const before = served.get(key) === head?.revision ? head : undefined;
  const bodies: number[] = [];
  const releases: (() => void)[] = [];
  const wave = openWave(scratch, (path) => releases.push(claims.hold([path])));
  let staged: Staged | undefined;
  let moved = false;
  try {
    staged = await stage(writer, going, { wave, step, onBody: (body) => bodies.push(body) });
    if (!(await agree())) return false;
    await step('committed');
    const { publication, indexed, add, remove } = staged;
    const allLists = new Set(indexed.lists.map(({ key }) => key));
    served.delete(key);
    store.moveHead({ repository, definition, fence, publication, add, remove, lists: indexed.changed, allLists });
    moved = true;
  } finally {
    if (!moved) {
      await wave.abandon();
      await view.format.forget(context.tree, definition, nextRevision(found));
      store.dropBodies(bodies);
    }
    for (const release of releases) release();
  }
  await step('head');
  await serve(context, view, staged.publication, before, step);
  await step('done');
  for (const each of going) each.resolve(resultOf(view, each, staged.publication));
  return true;
}

/** Writes and verifies everything that a publication needs before its head moves. */
async function stage(
  { context, found, signer }: Writer,
  going: readonly Prepared[],
  { wave, step, onBody }: { wave: Wave; step: Step; onBody: (body: number) => void },
): Promise<Staged> {
  const { tree, scratch, clock } = context;
  const { head, view } = found;
  const { definition, format } = view;
  const add = going.flatMap(({ arrivals }) => arrivals);
  const remove = [
    ...going.flatMap(({ plan, change }) => plan.remove.map((member) => ({ ...member, task: change.task }))),
    ...strayMetadata(context, found).map((member) => ({ ...member, task: null })),
  ];
  const rewrite = going.some(({ change }) => change.rewrite);
  const indexed = await renderIndexes(context, found, { add, remove, rewrite }, wave, onBody);
  await step('indexes');
  const next = {
    revision: nextRevision(found),
    previous: head?.revision ?? null,
    // A date that goes back is taken for a replay by clients.
    created: head ? Math.max(clock(), head.created + format.secondsApart) : clock(),
  };
  const resign = going.some(({ change }) => change.resign);
  const written = await format.write(tree, { definition, head, next, ...indexed, resign, signer, wave, scratch, step });
  await Promise.all([wave.settle(), ...going.map((each) => each.wave.settle())]);
  await step('signatures');
  const files = going.flatMap((each) => each.files);
  await Promise.all([
    verifyFiles(written),
    written.checkSignatures(),
    checkPool(format.root(tree, definition.instance), files),
  ]);
  const tasks = going.flatMap(({ change }) => change.task ?? []);
  const publication = { ...next, tasks, ...counts(head, add, remove), manifest: written.manifest };
  await step('verified');
  const plans = going.map(({ plan }) => plan);
  await passGate(context, view, publication, plans);
  return { publication, indexed, add, remove };
}

/**
 * Gives clients a publication that is the head.
 *
 * @throws Failure `infrastructure-failure` when it cannot: it is the head all the same, and given to them the next time
 */
export async function serve(
  { tree, scratch, served }: WriterContext,
  { format, definition }: Pick<RepositoryView, 'format' | 'definition'>,
  publication: Publication,
  before: Publication | undefined,
  step: Step,
): Promise<boolean> {
  const key = keyOfRepository(definition);
  try {
    const changed = await format.switchTo(tree, { definition, publication, before, scratch, step });
    served.set(key, publication.revision);
    return changed;
  } catch (error) {
    const failure = notServed(tree, definition, publication, error as NodeJS.ErrnoException);
    served.set(key, failure);
    throw failure;
  }
}

function notServed(
  tree: string,
  { instance, distribution }: Repository,
  { revision }: Publication,
  cause: NodeJS.ErrnoException,
): Failure {
  const hint =
    cause.code === 'ENOENT'
      ? `a file of it is gone: fatbuildrctl registry check, for the instance ${instance}, writes the indexes anew`
      : `mend the disk of ${tree}, or make room there: the next try or publication, or a restart of the publisher, ` +
        'gives it to them';
  return new Failure(
    'infrastructure-failure',
    `publication ${revision} of ${distribution} is made, but clients could not be given it: ${cause.message}`,
    { hint, cause },
  );
}

/** Reads back from disk what clients will be given. @throws Failure `publish-failure` */
async function verifyFiles({ files }: Written): Promise<void> {
  await sideBySide(files, async ({ path, size, sha256 }) => {
    const found = await digestFile(path, size);
    if (found.sha256 === sha256 && found.size === size) return;
    throw new Failure('publish-failure', `${path} reads back with sha256 ${found.sha256}, not ${sha256}`, {
      hint: 'the disk or somebody changed it: check the disk, and try again',
    });
  });
}

function nextRevision({ head }: Found): number {
  return (head?.revision ?? 0) + 1;
}

function counts(head: Publication | undefined, add: readonly Arrival[], remove: readonly { kind: string }[]) {
  const [added, removed] = [add, remove].map((all) => all.filter(({ kind }) => kind !== 'metadata').length) as [
    number,
    number,
  ];
  return { added, removed, packages: (head?.packages ?? 0) + added - removed };
}
