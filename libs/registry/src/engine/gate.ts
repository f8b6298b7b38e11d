import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@fatbuildr/domain';
import type { Publication } from '../model/publication.ts';
import type { BatchOutcome } from './batch.ts';
import type { WriterContext } from './context.ts';
import type { Plan, RepositoryView } from './plan.ts';
import type { Waiting } from './queue.ts';

/** Bounded, since nothing else of the repository is published meanwhile: enough to find three of sixteen. */
const MOST_TRIES = 20;

/** A gate did not let a publication pass; its cause is what the gate threw. */
export class GateRefusal extends Error {
  constructor(cause: unknown) {
    super('a gate refused the publication', { cause });
    this.name = 'GateRefusal';
  }
}

/**
 * Lets the gate try a publication. One that brings nothing and takes nothing away is not tried: what is signed anew in
 * time, or mended, must not wait for a gate.
 *
 * @throws GateRefusal
 */
export async function passGate(
  { gate, tree, scratch }: WriterContext,
  { format, definition }: RepositoryView,
  publication: Publication,
  plans: readonly Plan[],
): Promise<void> {
  if (!gate || plans.every(({ add, remove }) => add.length + remove.length === 0)) return;
  const directory = join(scratch, `gate-${randomBytes(8).toString('hex')}`);
  const added = plans
    .flatMap(({ add }) => add)
    .filter(({ facts }) => facts.kind === 'binary')
    .map(({ derivative, facts: { name, version, architecture } }) => ({ derivative, name, version, architecture }));
  await mkdir(directory);
  try {
    await format.stage(tree, definition, publication, directory);
    await gate({ repository: definition, revision: publication.revision, directory, added }).catch((reason) => {
      throw new GateRefusal(reason);
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What came of a try to publish changes together. */
export interface Tried extends BatchOutcome {
  /** Those that the gate refused, of whom none is told yet. */
  refused: readonly Waiting[];
  /** What it said. */
  reason?: unknown;
}

/**
 * Publishes a batch. Where the gate refuses several changes, each half of them is tried for itself, and so on: whose
 * fault it is is refused alone. One may need another of the batch that passed after it was refused: it is tried again
 * then. What is still refused together after the last try is refused, and all at once where the gate itself is broken.
 */
export async function publishWhatPasses(
  batch: readonly Waiting[],
  attempt: (part: readonly Waiting[]) => Promise<Tried>,
): Promise<BatchOutcome> {
  const again: Waiting[] = [];
  let [tries, publications] = [0, 0];
  let refusals: { waiting: Waiting; reason: unknown; after: number }[] = [];

  async function tryPart(part: readonly Waiting[]): Promise<void> {
    tries += 1;
    const { again: putOff, published, refused, reason } = await attempt(part);
    again.push(...putOff);
    if (published) publications += 1;
    if (isBroken(reason)) {
      for (const waiting of refused) waiting.reject(reason);
      return;
    }
    const middle = Math.ceil(refused.length / 2);
    for (const half of [refused.slice(0, middle), refused.slice(middle)]) {
      if (refused.length > 1 && tries < MOST_TRIES) await tryPart(half);
      else refusals.push(...half.map((waiting) => ({ waiting, reason, after: publications })));
    }
  }

  for (let left = batch; left.length > 0; ) {
    await tryPart(left);
    const isHopeful = ({ after }: { after: number }) => after < publications && tries < MOST_TRIES;
    const { hopeful = [], lost = [] } = Object.groupBy(refusals, (one) => (isHopeful(one) ? 'hopeful' : 'lost'));
    for (const { waiting, reason } of lost) waiting.reject(reason);
    left = hopeful.map(({ waiting }) => waiting);
    refusals = [];
  }
  return { again, published: publications > 0 };
}

/** Whether that is why a gate let nothing pass, and no fault of a change: another try would only take as long. */
function isBroken(reason: unknown): boolean {
  return reason instanceof Failure && reason.outcome === 'infrastructure-failure';
}
