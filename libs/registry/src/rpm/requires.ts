import { compareRpmVersions } from '@fatbuildr/domain/rpm';
import { isPrimary } from './read/files.ts';
import type { RpmFile } from './read/read-rpm.ts';
import { comparisonOf, type RpmRelation } from './read/relations.ts';

/** PREREQ, SCRIPT_PRE and SCRIPT_POST: wanted before the package's own scripts run. */
const BEFORE_SCRIPTS = (1 << 6) | (1 << 9) | (1 << 10);

export type PublishedRequirement = RpmRelation & { pre: boolean };

/**
 * What a package requires of others, as createrepo_c lists it: without what rpm itself offers, what the package
 * provides or contains, and what is said twice; of libc's symbol versions the highest only, which has the lower ones.
 */
export function publishedRequires({ relations, files }: RpmFile): PublishedRequirement[] {
  const key = ({ name, flags, version }: RpmRelation) => `${name}\0${comparisonOf(flags) ?? ''}\0${version}`;
  const provided = new Set(relations.provides.map(key));
  const own = new Set(files.map(({ path }) => path).filter(isPrimary));
  const said = new Set<string>();
  const result: PublishedRequirement[] = [];
  let libc: PublishedRequirement | undefined;
  for (const relation of relations.requires) {
    const { name, flags } = relation;
    if (name.startsWith('rpmlib(') || own.has(name) || provided.has(key(relation))) continue;
    const requirement = { ...relation, pre: (flags & BEFORE_SCRIPTS) !== 0 };
    const whole = `${key(relation)}\0${requirement.pre}`;
    if (said.has(whole)) continue;
    said.add(whole);
    if (!name.startsWith('libc.so.6')) result.push(requirement);
    else if (!libc || compareRpmVersions(symbolVersion(libc.name), symbolVersion(name)) < 0) libc = requirement;
  }
  return libc ? [...result, libc] : result;
}

/** `2.34` of `libc.so.6(GLIBC_2.34)(64bit)`; empty for `libc.so.6()(64bit)`. */
function symbolVersion(name: string): string {
  return /\([^)0-9]*([0-9][^)]*)\)/.exec(name.slice(0, name.indexOf(')') + 1))?.[1] ?? '';
}
