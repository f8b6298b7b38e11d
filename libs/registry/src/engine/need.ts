/** A package or a capability, perhaps of some versions only. */
export interface Relation {
  /** rpm: also the path of a file. */
  name: string;
  /** `<<`, `<=`, `=`, `>=` or `>>` (deb), `<` or `>` (rpm); empty when any version will do. */
  sign: string;
  version: string;
}

/** What a package needs: a relation, or several joined as in a boolean dependency of RPM. */
export type Need = Relation | JoinedNeed;

export interface JoinedNeed {
  join: 'and' | 'or' | 'with' | 'without' | 'if' | 'unless';
  /** Two or more; of `if` and `unless` what is needed, the condition, and what is needed otherwise, if anything. */
  of: Need[];
}

/** One thing that a package needs, as it is written; `need` is null where that is not understood. */
export interface StatedNeed {
  text: string;
  need: Need | null;
}

/** How packages of a format say what they need and offer. */
export interface RelationReader {
  needs(relations: Record<string, string>): StatedNeed[];
  provides(relations: Record<string, string>): Relation[];
  /** Two versions as they are compared with each other. */
  comparable(offered: string, wanted: string): [string, string];
  /** Paths that a package owns, each as `path` is in the part of that name; undefined where nobody needs a path. */
  files?: { part: string; paths(content: string): Iterable<string> };
}

/** Whether a need can be met, from worst to best. */
export const MET = { no: 0, perhaps: 1, yes: 2 } as const;
export type Met = (typeof MET)[keyof typeof MET];

/**
 * Whether packages that can be had meet a need. `perhaps`: it depends on what else is installed.
 *
 * @param offering the packages that offer what a relation wants
 */
export function isMet(need: Need, offering: (wanted: Relation) => ReadonlySet<unknown>): Met {
  if (!('join' in need)) return offering(need).size > 0 ? MET.yes : MET.no;
  const { join, of } = need;
  if (join === 'with' || join === 'without') {
    const found = offeringAtOnce(need, offering);
    if (!found) return MET.perhaps;
    return found.size > 0 ? MET.yes : MET.no;
  }
  const all = of.map((each) => isMet(each, offering));
  if (join === 'and') return Math.min(...all) as Met;
  if (join === 'or') return Math.max(...all) as Met;
  const [then = MET.no, , otherwise] = all;
  if (join === 'if') {
    // Whoever does not have what the condition names needs nothing, or the other.
    if (otherwise === undefined) return then === MET.yes ? MET.yes : MET.perhaps;
    return then === otherwise ? then : MET.perhaps;
  }
  if (otherwise === undefined || then === MET.yes) return then;
  return Math.max(then, Math.min(otherwise, MET.perhaps)) as Met;
}

/** The packages of which each alone meets the need; undefined where that hangs on others. */
function offeringAtOnce(
  need: Need,
  offering: (wanted: Relation) => ReadonlySet<unknown>,
): ReadonlySet<unknown> | undefined {
  if (!('join' in need)) return offering(need);
  const [first, second] = need.of.map((each) => offeringAtOnce(each, offering));
  if (!first || !second || need.of.length > 2) return undefined;
  if (need.join === 'with') return new Set([...first].filter((each) => second.has(each)));
  if (need.join === 'without') return new Set([...first].filter((each) => !second.has(each)));
  return need.join === 'or' ? new Set([...first, ...second]) : undefined;
}

/** The relations that a need is made of. */
export function relationsIn(need: Need): Relation[] {
  return 'join' in need ? need.of.flatMap(relationsIn) : [need];
}

/** The field of that name, in whatever case. */
export function field(relations: Record<string, string>, name: string): string {
  return Object.entries(relations).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}
