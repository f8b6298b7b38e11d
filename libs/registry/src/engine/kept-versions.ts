import type { RepositoryFormat, SourcedFacts } from '../format.ts';

/** Of packages for every architecture, and of sources. */
const INDEPENDENT = new Set(['all', 'noarch']);
const SOURCES = new Set(['source', 'src']);

/**
 * The versions of one source package in one derivative that stay, the newest first: the newest `keep`, and what is the
 * newest for an architecture, as long as nothing newer was built for that.
 */
export function keptVersions(
  { compareVersions, sourceVersion }: Pick<RepositoryFormat, 'compareVersions' | 'sourceVersion'>,
  keep: number,
  packages: readonly SourcedFacts[],
): string[] {
  // The source's own version may lack its epoch: it counts as the highest that any of its packages tells.
  const full = new Map<string, string>();
  for (const one of packages) {
    const [told, known] = [sourceVersion(one), full.get(one.source.version)];
    if (known === undefined || compareVersions(told, known) > 0) full.set(one.source.version, told);
  }
  const newest = [...full].sort(([, a], [, b]) => compareVersions(b, a)).map(([version]) => version);
  const kept = new Set(newest.slice(0, keep));
  const builtFor = architecturesByVersion(packages);
  for (const architecture of new Set([...builtFor.values()].flatMap((all) => [...all]))) {
    if (INDEPENDENT.has(architecture)) continue;
    const last = newest.find((version) => {
      const all = builtFor.get(version) ?? new Set();
      // What has become independent is for this one too; beside packages for others it may be half of a version.
      return all.has(architecture) || (all.size > 0 && [...all].every((each) => INDEPENDENT.has(each)));
    });
    if (last !== undefined) kept.add(last);
  }
  return newest.filter((version) => kept.has(version));
}

/** What each version has binary packages for. */
function architecturesByVersion(packages: readonly SourcedFacts[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { architecture, source } of packages) {
    if (SOURCES.has(architecture)) continue;
    found.set(source.version, (found.get(source.version) ?? new Set()).add(architecture));
  }
  return found;
}
