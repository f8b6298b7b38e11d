import { Failure } from '@fatbuildr/domain';
import type { PromoteRequest } from '../model/requests.ts';
import type { LeftOut } from '../model/staging.ts';
import type { Member } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Hold } from './change.ts';
import { type Addition, leftOutOf, type Plan, planAdditions, type RepositoryView } from './plan.ts';
import { withPruning } from './retention.ts';

/**
 * The packages of one repository as additions to another: the same rows, so the same bytes. Versions that would be
 * pruned at once are left out.
 *
 * @throws Failure `rejected` when there is nothing to take, a version is there with other content, or one that a
 * selector names would be pruned at once
 */
export async function planPromotion(
  view: RepositoryView,
  { from, derivative, repository }: PromoteRequest,
  store: Store,
  hold: Hold,
): Promise<Plan> {
  const { instance, format } = repository;
  const { distribution, revision, selectors = [{}] } = from;
  const source = store.find({ instance, format, distribution });
  const known =
    revision === undefined ? typeof source?.revision === 'number' : source && store.publication(source, revision);
  if (!source || !known) {
    throw new Failure(
      'rejected',
      `${distribution} of ${instance} has no publication${revision === undefined ? '' : ` ${revision}`}`,
      {
        hint: `see which there are: fatbuildrctl registry publications --distribution ${distribution}`,
      },
    );
  }
  const found = new Map<number, Member>();
  const byVersion = new Set<number>();
  for (const selector of selectors) {
    const query = { ...selector, derivative: from.derivative, ...(revision === undefined ? {} : { revision }) };
    const matching = store.members(source, query).filter(({ kind }) => kind !== 'metadata');
    if (matching.length === 0) {
      const wanted = Object.entries(selector).map(([key, value]) => `${key} ${value}`);
      throw new Failure(
        'rejected',
        `nothing in ${from.derivative} of ${distribution} matches${wanted.length > 0 ? ` ${wanted.join(', ')}` : ''}`,
        { hint: `see what is there: fatbuildrctl registry list --distribution ${distribution}` },
      );
    }
    for (const member of matching) {
      found.set(member.id, member);
      if (selector.version !== undefined) byVersion.add(member.id);
    }
  }
  const wanted = [...found.values()].map(
    (member): Addition => ({ derivative, facts: member, from: { row: member.id } }),
  );
  hold(wanted);
  const leftOut: LeftOut[] = [];
  const plan = { add: await planAdditions(view, wanted), remove: [] };
  const pruned = await withPruning(view, plan, (addition, reason, why) => {
    if ('row' in addition.from && byVersion.has(addition.from.row)) throw why;
    leftOut.push(leftOutOf(addition, reason, why));
  });
  return { ...pruned, leftOut };
}
