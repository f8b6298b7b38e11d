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
 * pruned at once are left out. With the whole of a derivative come its comps, advisories and modules, in the place of those
 * of the same type that are there.
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
  const passedOn: Member[] = [];
  for (const selector of selectors) {
    const query = { ...selector, derivative: from.derivative, ...(revision === undefined ? {} : { revision }) };
    const held = store.members(source, query);
    const matching = held.filter(({ kind }) => kind !== 'metadata');
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
    if (from.selectors === undefined) passedOn.push(...held.filter(({ kind }) => kind === 'metadata'));
  }
  const additionOf = (member: Member): Addition => ({ derivative, facts: member, from: { row: member.id } });
  const wanted = [...found.values()].map(additionOf);
  const metadata = planPassedOn(view, passedOn.map(additionOf));
  hold([...wanted, ...metadata.add]);
  const leftOut: LeftOut[] = [];
  const plan = { add: await planAdditions(view, wanted), remove: [] };
  const pruned = await withPruning(view, plan, (addition, reason, why) => {
    if ('row' in addition.from && byVersion.has(addition.from.row)) throw why;
    leftOut.push(leftOutOf(addition, reason, why));
  });
  return { add: [...pruned.add, ...metadata.add], remove: [...pruned.remove, ...metadata.remove], leftOut };
}

/** Those for directories that the repository has, and is not passing on already; and what they take the place of. */
function planPassedOn({ format, definition, present }: RepositoryView, coming: readonly Addition[]): Plan {
  const directories = format.directories(definition);
  const plan: Plan = { add: [], remove: [] };
  for (const addition of coming) {
    const { derivative, facts } = addition;
    const { name, architecture, digest } = facts;
    if (!directories.includes(architecture)) continue;
    const [own] = present({ derivative, name, architecture }).filter(({ kind }) => kind === 'metadata');
    if (own?.digest === digest) continue;
    if (own) plan.remove.push(own);
    plan.add.push(addition);
  }
  return plan;
}
