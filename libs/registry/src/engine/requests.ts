import type { Publication } from '../model/publication.ts';
import type { Repository } from '../model/repository.ts';
import type { EnsureRequest, PromoteRequest, PublishRequest, RollbackRequest } from '../model/requests.ts';
import type { LeftOut, StagedRequest } from '../model/staging.ts';
import type { Store } from '../store/store.ts';
import type { Change } from './change.ts';
import type { WriterContext } from './context.ts';
import { nextDue } from './lagging.ts';
import { type Addition, type LeaveOut, leftOutOf, planAdditions, planChanges, planMetadata } from './plan.ts';
import { planPromotion } from './promote.ts';
import { withPruning } from './retention.ts';
import { planRollback } from './rollback.ts';

const DAY_MS = 86_400_000;

/** Each kind of request as the engine sees it. */
export function publishing(request: PublishRequest): Change {
  const { add = [], remove = [] } = request.changes;
  const about = [
    ...add.flatMap(({ package: { name, source } }) => [`package ${name}`, `source ${source.name}`]),
    ...remove.flatMap(({ name, source }) => [
      ...(name === undefined ? [] : [`package ${name}`]),
      ...(source === undefined ? [] : [`source ${source}`]),
    ]),
  ];
  return { ...common(request), about, plan: (view) => planChanges(view, request.changes) };
}

export function promotion(request: PromoteRequest, store: Store): Change {
  // It leaves out what is not kept, in place of being refused for it.
  return {
    ...common(request),
    prunes: false,
    plan: (view, _stored, hold) => planPromotion(view, request, store, hold),
  };
}

/** Packages that have their rows, and come with others that do; those that cannot are told, in place of refusing all. */
export function publishingStaged(request: StagedRequest, wanted: readonly Addition[]): Change {
  const { metadata = [], settle } = request;
  const plan: Change['plan'] = async (view) => {
    const leftOut: LeftOut[] = [];
    const leaveOut: LeaveOut = (...one) => void leftOut.push(leftOutOf(...one));
    const add = await planAdditions(view, wanted, { leaveOut });
    const pruned = await withPruning(view, { add, remove: [] }, leaveOut);
    settle(leftOut);
    for (const each of metadata) planMetadata(view, each, pruned);
    return pruned;
  };
  // What is not kept goes without those that it would refuse.
  return { ...common(request), prunes: false, plan };
}

export function rollback(request: RollbackRequest, store: Store): Change {
  const plan: Change['plan'] = (view, stored, hold) => planRollback(view, request, stored, store, hold);
  // It is about all that the repository holds. What it brings back was there before: nothing is pruned for it.
  return { ...common(request), alone: true, prunes: false, plan };
}

export function ensuring({ repository, resign = false }: EnsureRequest, context: WriterContext): Change {
  return {
    ...common({ repository }),
    alone: true,
    resign,
    ensures: true,
    always: (head) => resign || isHalfExpired(repository, head, context.clock()) || isLate(context, repository),
    plan: () => ({ add: [], remove: [] }),
  };
}

function common({
  repository,
  task,
  commit,
  step,
}: Pick<PublishRequest, 'repository' | 'commit' | 'step'> & { task?: string }): Omit<Change, 'plan'> {
  return {
    definition: repository,
    task: task ?? null,
    alone: false,
    prunes: true,
    resign: false,
    always: () => false,
    about: [],
    ...(commit ? { commit } : {}),
    ...(step ? { step } : {}),
  };
}

function isLate(context: WriterContext, repository: Repository): boolean {
  const due = nextDue(context, repository);
  return due !== undefined && due <= context.clock();
}

/** Clients distrust a Release after `validDays`: it is signed anew in time. */
function isHalfExpired(repository: Repository, { created }: Publication, now: number): boolean {
  if (repository.format !== 'deb' || repository.validDays === undefined) return false;
  return now - created >= (repository.validDays * DAY_MS) / 2;
}
