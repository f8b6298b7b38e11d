import { Failure } from '@fatbuildr/domain';
import type { Member } from '../store/rows.ts';
import { keyOf, type Plan, type RepositoryView } from './plan.ts';

/**
 * Adds to a plan what goes because newer versions come: of each source package and derivative that it adds to, the
 * newest `keepVersions` stay.
 *
 * @throws Failure `rejected` when what is added would not stay either
 */
export function withPruning(view: RepositoryView, plan: Plan): Plan {
  const { keepVersions } = view.definition;
  if (keepVersions === undefined) return plan;
  const remove = new Map<string, Member>(plan.remove.map((member) => [keyOf(member), member]));
  const sources = new Map<string, { derivative: string; source: string; versions: Set<string> }>();
  for (const { derivative, facts } of plan.add.filter((addition) => addition.facts.kind !== 'metadata')) {
    const key = `${derivative} ${facts.source.name}`;
    const known = sources.get(key) ?? { derivative, source: facts.source.name, versions: new Set<string>() };
    sources.set(key, { ...known, versions: known.versions.add(facts.source.version) });
  }
  for (const { derivative, source, versions } of sources.values()) {
    const present = view.present({ derivative, source }).filter((member) => !remove.has(keyOf(member)));
    const all = new Set([...present.map((member) => member.source.version), ...versions]);
    const newest = [...all].sort((a, b) => view.format.compareVersions(b, a)).slice(0, keepVersions);
    const late = [...versions].find((version) => !newest.includes(version));
    if (late !== undefined) {
      throw new Failure(
        'rejected',
        `${source} ${late} would be pruned at once: ${view.definition.distribution} keeps ${keepVersions} ` +
          `version${keepVersions === 1 ? '' : 's'} in ${derivative} and has ${newest.join(', ')}`,
        { hint: 'publish a newer version, delete a newer one first, or raise keepVersions of the distribution' },
      );
    }
    for (const member of present) if (!newest.includes(member.source.version)) remove.set(keyOf(member), member);
  }
  return { ...plan, remove: [...remove.values()] };
}
