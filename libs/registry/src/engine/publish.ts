import type { Step } from '../format.ts';
import { explained } from '../shared/full-disk.ts';
import { checkDerivatives, type Found, type Planned, planBatch } from './batch.ts';
import { keyOfRepository, type WriterContext } from './context.ts';
import { needsOf, type Prepared, prepare } from './prepare.ts';
import type { Waiting } from './queue.ts';
import { viewOf } from './view.ts';
import { serve, type Writer, writeAgreed } from './write.ts';

/** What became of a batch. */
export interface BatchOutcome {
  /** Put off to the next one. */
  again: Waiting[];
  published: boolean;
}

/**
 * Makes one publication of a batch of changes of one repository, and answers each of them: one that is rejected or
 * whose commit throws goes alone; what else fails fails all.
 */
export async function publishBatch(context: WriterContext, batch: readonly Waiting[]): Promise<BatchOutcome> {
  const left = new Set(batch);
  try {
    return await publish(
      context,
      batch.map((waiting) => ({
        change: waiting.change,
        resolve(result) {
          left.delete(waiting);
          waiting.resolve(result);
        },
        reject(error) {
          left.delete(waiting);
          waiting.reject(explained(error));
        },
      })),
    );
  } catch (error) {
    for (const { reject } of left) reject(explained(error));
    return { again: [], published: false };
  }
}

async function publish(context: WriterContext, batch: Waiting[]): Promise<BatchOutcome> {
  const found = find(context, batch[0] as Waiting);
  const { repository, head, view } = found;
  const { definition, format } = view;
  if (head && context.served.get(keyOfRepository(definition)) !== head.revision) {
    const published = { ...view, definition: repository.definition };
    await serve(context, published, head, undefined, async () => {});
  }
  const root = format.root(context.tree, definition.instance);
  const releases: (() => void)[] = [];
  try {
    const { planned, again } = await planBatch(context, found, batch, (add) => {
      releases.push(context.claims.hold(needsOf({ add }, root)));
    });
    if (planned.length === 0) return { again, published: false };
    return { again, published: await write(context, found, root, planned) };
  } finally {
    for (const release of releases) release();
  }
}

async function write(
  context: WriterContext,
  found: Found,
  root: string,
  planned: readonly Planned[],
): Promise<boolean> {
  const { definition } = found.view;
  checkDerivatives(context, found, planned);
  const step: Step = async (name) => {
    await Promise.all(planned.map(async ({ change }) => change.step?.(name)));
  };
  await step('start');
  const signer = await context.signerFor(definition.instance, definition.format);
  const outcomes = await Promise.allSettled(planned.map((each) => prepare(context, root, each)));
  const prepared: Prepared[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') prepared.push(outcome.value);
    else planned[index]?.reject(outcome.reason);
  }
  try {
    await step('pool');
    const writer: Writer = { context, found, signer, step };
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
