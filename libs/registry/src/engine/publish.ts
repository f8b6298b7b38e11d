import type { PublishResult } from '../model/publication.ts';
import { explained } from '../shared/full-disk.ts';
import { type BatchOutcome, checkHoldings, type Found, type Planned, planBatch } from './batch.ts';
import { keyOfRepository, type WriterContext } from './context.ts';
import { GateRefusal, publishWhatPasses, type Tried } from './gate.ts';
import { needsOf, type Prepared, prepare } from './prepare.ts';
import type { Waiting } from './queue.ts';
import { viewOf } from './view.ts';
import { serve, stepsOf, type Writer, writeAgreed } from './write.ts';

/**
 * Makes one publication of a batch of changes of one repository, and answers each of them: one that is rejected, whose
 * commit throws, or that keeps a gate from letting the others pass, goes alone; what else fails fails all.
 */
export function publishBatch(context: WriterContext, batch: readonly Waiting[]): Promise<BatchOutcome> {
  return publishWhatPasses(batch, (part) => publishTogether(context, part));
}

async function publishTogether(context: WriterContext, batch: readonly Waiting[]): Promise<Tried> {
  const left = new Set(batch);
  let again: readonly Waiting[] = [];
  try {
    const asked = batch.map((waiting) => ({
      change: waiting.change,
      resolve(result: PublishResult) {
        left.delete(waiting);
        waiting.resolve(result);
      },
      reject(error: unknown) {
        left.delete(waiting);
        waiting.reject(explained(error));
      },
    }));
    const outcome = await publish(context, asked, (putOff) => {
      const later = new Set(putOff.map(({ resolve }) => resolve));
      again = batch.filter((_, index) => later.has((asked[index] as Waiting).resolve));
    });
    return { ...outcome, refused: [] };
  } catch (error) {
    // The gate has not seen those that were put off.
    if (error instanceof GateRefusal) {
      const refused = [...left].filter((waiting) => !again.includes(waiting));
      return { again: [...again], published: false, refused, reason: explained(error.cause) };
    }
    for (const { reject } of left) reject(explained(error));
    return { again: [], published: false, refused: [] };
  }
}

/** @param onPutOff is told of those that are for the next publication, before this one is written */
async function publish(
  context: WriterContext,
  batch: Waiting[],
  onPutOff: (again: readonly Waiting[]) => void,
): Promise<BatchOutcome> {
  const found = find(context, batch[0] as Waiting);
  const { repository, head, view } = found;
  const { definition, format } = view;
  // What is written anew does not need what is there, which may be why clients could not be given it.
  const isRewritten = batch.some(({ change }) => change.rewrite);
  if (head && !isRewritten && context.served.get(keyOfRepository(definition)) !== head.revision) {
    const published = { ...view, definition: repository.definition };
    await serve(context, published, head, undefined, async () => {});
  }
  const root = format.root(context.tree, definition.instance);
  const releases: (() => void)[] = [];
  try {
    const { planned, again } = await planBatch(context, found, await signedAnew(context, found, batch), (add) => {
      releases.push(context.claims.hold(needsOf({ add }, root)));
    });
    onPutOff(again);
    if (planned.length === 0) return { again, published: false };
    return { again, published: await write(context, found, root, planned) };
  } finally {
    for (const release of releases) release();
  }
}

/** Those that see to it that a repository is as it should be sign it again where clients would not accept it. */
async function signedAnew({ tree, signerFor }: WriterContext, { repository, head, view }: Found, batch: Waiting[]) {
  if (!head || !batch.some(({ change }) => change.ensures && !change.resign)) return batch;
  const { definition } = repository;
  const signer = await signerFor(definition.instance, definition.format);
  const isAccepted = await view.format.checkServed(tree, definition, head, signer).then(
    () => true,
    () => false,
  );
  if (isAccepted) return batch;
  return batch.map((each) => ({ ...each, change: { ...each.change, resign: true, always: () => true } }));
}

async function write(
  context: WriterContext,
  found: Found,
  root: string,
  planned: readonly Planned[],
): Promise<boolean> {
  const { definition } = found.view;
  checkHoldings(context, found, planned);
  await stepsOf(planned)('start');
  const signer = await context.signerFor(definition.instance, definition.format);
  const outcomes = await Promise.allSettled(planned.map((each) => prepare(context, root, each)));
  const prepared: Prepared[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') prepared.push(outcome.value);
    else planned[index]?.reject(outcome.reason);
  }
  try {
    await stepsOf(prepared)('pool');
    const writer: Writer = { context, found, signer };
    return await writeAgreed(writer, prepared);
  } finally {
    for (const { release, wave } of prepared) {
      release();
      await wave.abandon();
    }
  }
}

/** The repository as it is, with the fence of a new writer. @throws Failure `rejected` for a definition that cannot be */
function find({ store, formatOf }: WriterContext, { change: { definition } }: Waiting): Found {
  const format = formatOf(definition);
  const known = store.find(definition);
  format.checkDefinition(definition, typeof known?.revision === 'number' ? known.definition : undefined);
  const { repository, fence } = store.startWriting(definition);
  const view = viewOf(store, format, definition, repository);
  return { repository, fence, head: store.publication(repository), view };
}
