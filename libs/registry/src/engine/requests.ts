import type { Publication } from '../model/publication.ts';
import type { Repository } from '../model/repository.ts';
import type {
  ChangeRequest,
  EnsureRequest,
  PromoteRequest,
  PublishRequest,
  RollbackRequest,
} from '../model/requests.ts';
import type { Store } from '../store/store.ts';
import type { Change } from './change.ts';
import type { WriterContext } from './context.ts';
import { nextDue } from './lagging.ts';
import { type Addition, planAdditions, planChanges } from './plan.ts';
import { planPromotion } from './promote.ts';
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
  return { ...common(request), plan: (view) => planPromotion(view, request, store) };
}

/** Packages that have their rows, and come with others that do. */
export function publishingStaged(request: ChangeRequest, wanted: readonly Addition[]): Change {
  return { ...common(request), plan: (view) => ({ add: planAdditions(view, wanted), remove: [] }) };
}

export function rollback(request: RollbackRequest, store: Store): Change {
  const plan: Change['plan'] = (view, stored) => planRollback(view, request, stored, store);
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
