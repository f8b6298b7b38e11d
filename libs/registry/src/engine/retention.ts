import { Failure } from '@fatbuildr/domain';
import { inTurns } from '../shared/in-turns.ts';
import type { Member } from '../store/rows.ts';
import { keptVersions } from './kept-versions.ts';
import { type Addition, keyOf, type LeaveOut, leaveOutNone, type Plan, type RepositoryView } from './plan.ts';

/**
 * Adds to a plan what goes because newer versions come: of each source package and derivative that it adds to, the
 * newest `keepVersions` stay.
 *
 * @param leaveOut told of what is added and would not stay either; by default it refuses all
 */
export async function withPruning(view: RepositoryView, plan: Plan, leaveOut: LeaveOut = leaveOutNone): Promise<Plan> {
  const { keepVersions } = view.definition;
  if (keepVersions === undefined) return plan;
  const remove = new Map<string, Member>(plan.remove.map((member) => [keyOf(member), member]));
  const late = new Set<Addition>();
  const packages = plan.add.filter(({ facts }) => facts.kind !== 'metadata');
  const sources = Map.groupBy(packages, ({ derivative, facts }) => `${derivative} ${facts.source.name}`);
  for await (const additions of inTurns(sources.values())) {
    const [{ derivative, facts }] = additions as [Addition];
    const present = view
      .present({ derivative, source: facts.source.name })
      .filter((member) => !remove.has(keyOf(member)));
    const newest = keptVersions(view.format, keepVersions, [...present, ...additions.map((each) => each.facts)]);
    for (const addition of additions) {
      if (newest.includes(addition.facts.source.version)) continue;
      leaveOut(addition, 'old', tooOld(view, addition, newest));
      late.add(addition);
    }
    for (const member of present) if (!newest.includes(member.source.version)) remove.set(keyOf(member), member);
  }
  return { add: plan.add.filter((addition) => !late.has(addition)), remove: [...remove.values()] };
}

function tooOld({ definition }: RepositoryView, { derivative, facts }: Addition, newest: readonly string[]): Failure {
  const { distribution, keepVersions } = definition;
  return new Failure(
    'rejected',
    `${facts.source.name} ${facts.source.version} would be pruned at once: ${distribution} keeps ${keepVersions} ` +
      `version${keepVersions === 1 ? '' : 's'} in ${derivative} and has ${newest.join(', ')}`,
    { hint: 'publish a newer version, delete a newer one first, or raise keepVersions of the distribution' },
  );
}
