import { Failure } from '@fatbuildr/domain';
import type { RepositoryFormat } from '../format.ts';
import type { Publication, PublishResult } from '../model/publication.ts';
import type { Member, StoredRepository } from '../store/rows.ts';
import { toPublished } from '../store/rows.ts';
import type { Change, Hold } from './change.ts';
import type { WriterContext } from './context.ts';
import { byIdentity } from './order.ts';
import type { Plan, RepositoryView } from './plan.ts';
import type { Waiting } from './queue.ts';
import { withPruning } from './retention.ts';

/** What became of a batch. */
export interface BatchOutcome {
  /** Put off to the next one. */
  again: Waiting[];
  published: boolean;
}

/** A change that has its plan. */
export interface Planned extends Waiting {
  plan: Plan;
}

/** A repository as its writer found it. */
export interface Found {
  repository: StoredRepository;
  head: Publication | undefined;
  fence: number;
  view: RepositoryView;
}

/**
 * Plans each change against what is published now. Changes of one publication concern different packages, so that each
 * is the same whether or not the others come to pass: one that is about the same package as an earlier one is put off
 * to the next publication. One that was done already is answered with what it came to; one that is rejected goes alone.
 *
 * @param hold keeps collectors from what the plans need, until they came to something
 */
export async function planBatch(
  { store }: WriterContext,
  found: Found,
  batch: readonly Waiting[],
  hold: Hold,
): Promise<{ planned: Planned[]; again: Waiting[] }> {
  const { repository, head, view } = found;
  const planned: Planned[] = [];
  const again: Waiting[] = [];
  const taken = new Set<string>();
  for (const waiting of batch) {
    const { change, resolve, reject } = waiting;
    const revision = change.task === null ? undefined : store.revisionOf(repository, change.task);
    if (revision !== undefined) {
      resolve(recordedResult(store, found, revision, change.task as string));
      continue;
    }
    if (change.about.some((name) => taken.has(name))) {
      again.push(waiting);
      continue;
    }
    try {
      const plan = await planOf(change, view, repository, hold);
      hold(plan.add);
      const about = new Set([...change.about, ...namesIn(plan)]);
      if ([...about].some((name) => taken.has(name))) {
        again.push(waiting);
        continue;
      }
      for (const name of about) taken.add(name);
      if (isNothing(plan) && head && !change.always(head) && isAsPublished(view, repository)) {
        const { revision, previous } = head;
        resolve({ revision, previous, changed: false, added: [], removed: [], metadata: [], ...leftOutIn(plan) });
      } else planned.push({ ...waiting, plan });
    } catch (error) {
      reject(error);
    }
  }
  return { planned, again };
}

/** What a change would do, without doing it. @throws Failure `rejected` */
export async function preview(
  change: Change,
  view: RepositoryView,
  stored: StoredRepository | undefined,
  now: number,
): Promise<PublishResult> {
  view.format.checkDefinition(view.definition, stored?.definition);
  const plan = await planOf(change, view, stored, () => {});
  const revision = stored?.revision ?? 0;
  return {
    ...resultOf(view, { change, plan }, { revision, previous: null, created: now }),
    changed: false,
  };
}

/** What one change of a publication came to. */
export function resultOf(
  { format }: RepositoryView,
  { change, plan }: Pick<Planned, 'change' | 'plan'>,
  { revision, previous, created }: Pick<Publication, 'revision' | 'previous' | 'created'>,
): PublishResult {
  const added = plan.add.map(({ derivative, facts }) => ({
    ...facts,
    id: 0,
    derivative,
    since: revision,
    published: created,
    task: change.task,
  }));
  return { revision, previous, changed: true, ...inOrder(format, added, plan.remove), ...leftOutIn(plan) };
}

/** Names of packages and source packages that a change is about: no two of a publication share one. */
function namesOf(facts: Pick<Member, 'kind' | 'name' | 'architecture' | 'source'>): string[] {
  if (facts.kind === 'metadata') return [`metadata ${facts.name} ${facts.architecture}`];
  return [`package ${facts.name}`, `source ${facts.source.name}`];
}

/**
 * What is published goes when somebody says so, never because a derivative or an architecture left the configuration.
 *
 * @throws Failure `rejected` when packages would stay that no index takes any more
 */
export function checkHoldings(
  { store }: WriterContext,
  { repository, view }: Found,
  planned: readonly Planned[],
): void {
  const { format, definition } = view;
  if (isAsPublished(view, repository)) return;
  const architectures = format.architectures(definition);
  const leaving = planned.flatMap(({ plan }) => plan.remove);
  for (const { derivative, kind, architecture, count } of store.holdings(repository)) {
    const isDerivative = definition.derivatives.includes(derivative);
    if ((isDerivative && architectures.includes(architecture)) || kind === 'metadata') continue;
    const going = leaving.filter(
      (member) => member.derivative === derivative && member.kind === kind && member.architecture === architecture,
    );
    if (going.length === count) continue;
    const what = isDerivative ? `architecture ${architecture}` : `derivative ${derivative}`;
    throw new Failure('rejected', `the ${what} of ${definition.distribution} still holds packages`, {
      hint: `put it back into the configuration; to be rid of it, delete them first (fatbuildrctl registry delete)`,
    });
  }
}

/** Whether a definition leads to the publication that there is. */
function isAsPublished({ format, definition }: RepositoryView, { definition: published }: StoredRepository): boolean {
  return JSON.stringify(format.essence(definition)) === JSON.stringify(format.essence(published));
}

function recordedResult(
  store: WriterContext['store'],
  { repository, view }: Found,
  revision: number,
  task: string,
): PublishResult {
  return {
    revision,
    previous: store.publication(repository, revision)?.previous ?? null,
    changed: true,
    ...inOrder(
      view.format,
      store.changed(repository, revision, 'since', task),
      store.changed(repository, revision, 'until', task),
    ),
  };
}

function inOrder(format: RepositoryFormat, added: readonly Member[], removed: readonly Member[]) {
  const order = byIdentity(format);
  const metadata = added
    .filter(({ kind }) => kind === 'metadata')
    .map(({ derivative, name, architecture }) => ({ derivative, type: name, architecture }));
  return { added: toPublished(added).sort(order), removed: toPublished(removed).sort(order), metadata };
}

async function planOf(
  change: Change,
  view: RepositoryView,
  stored: StoredRepository | undefined,
  hold: Hold,
): Promise<Plan> {
  const plan = await change.plan(view, stored, hold);
  return change.prunes ? withPruning(view, plan) : plan;
}

function namesIn({ add, remove }: Plan): string[] {
  return [...add.map(({ facts }) => facts), ...remove].flatMap(namesOf);
}

function leftOutIn({ leftOut = [] }: Plan): Pick<PublishResult, 'leftOut'> {
  return leftOut.length === 0 ? {} : { leftOut };
}

function isNothing({ add, remove }: Plan): boolean {
  return add.length === 0 && remove.length === 0;
}
