import type { RepositoryFormat, SourcedFacts } from '../format.ts';

/** The versions of one source package in one derivative that stay where the newest `keep` do, the newest first. */
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
  return newest.slice(0, keep);
}
