import { Failure } from '@fatbuildr/domain';
import { keptVersions } from '../engine/kept-versions.ts';
import type { RepositoryFormat } from '../format.ts';
import type { PackageSelector } from '../model/package.ts';
import type { Registry } from '../model/registry.ts';
import type { Repository } from '../model/repository.ts';
import type { PackageIdentity } from '../model/staging.ts';
import { inTurns } from '../shared/in-turns.ts';
import type { ListedPackage } from './listed.ts';

/** What a choice is made by. */
export interface Choice {
  registry: Pick<Registry, 'list'>;
  repository: Repository;
  derivative: string;
  /** Empty: everything. */
  selectors: readonly PackageSelector[];
  /** Architectures of packages that the repository takes. */
  architectures: readonly string[];
  versions: Pick<RepositoryFormat, 'compareVersions' | 'sourceVersion'>;
  line(text: string): void;
}

/**
 * The packages of a list that are to be taken over: those that were asked for, each once, that the repository has room
 * for. What is left out is told.
 *
 * @throws Failure `rejected` when a selector matches nothing
 */
export async function choose(listed: readonly ListedPackage[], choice: Choice): Promise<ListedPackage[]> {
  const { selectors, architectures, repository, line } = choice;
  const asked = selectors.length === 0 ? listed : selectors.flatMap((selector) => matching(listed, selector));
  const once = [...new Map(asked.map((one) => [`${identityOf(one)} ${one.files[0]?.sha256}`, one])).values()];
  const fitting = once.filter(({ architecture }) => architectures.includes(architecture));
  const all = new Set(once.map(({ architecture }) => architecture));
  const foreign = [...all].filter((architecture) => !architectures.includes(architecture));
  if (foreign.length > 0) {
    const count = once.length - fitting.length;
    line(
      `left out: ${count === 1 ? 'a package' : `${count} packages`} for ${foreign.join(', ')}, which ${repository.distribution} does not have`,
    );
  }
  return withoutOld(fitting, choice);
}

/** Tells packages apart. */
export function identityOf({ kind, name, version, architecture }: PackageIdentity): string {
  return [kind, name, version, architecture].join(' ');
}

function matching(listed: readonly ListedPackage[], { source, version, architecture }: PackageSelector) {
  const found = listed.filter(
    (one) =>
      one.source.name === source &&
      (version === undefined || one.source.version === version) &&
      (architecture === undefined || one.architecture === architecture),
  );
  if (found.length > 0) return found;
  const wanted = [source, version, architecture].filter((word) => word !== undefined).join(' ');
  throw new Failure('rejected', `nothing in that repository matches ${wanted}`, {
    hint: 'artifacts are named by their source packages: NAME or NAME=VERSION',
  });
}

/** Without versions that would be pruned as soon as they are published. */
async function withoutOld(packages: ListedPackage[], choice: Choice): Promise<ListedPackage[]> {
  const { registry, repository, derivative, versions, line } = choice;
  const { keepVersions } = repository;
  if (keepVersions === undefined) return packages;
  const { instance, format, distribution } = repository;
  const old: ListedPackage[] = [];
  for await (const [source, coming] of inTurns(Map.groupBy(packages, (one) => one.source.name))) {
    const present = registry.list({ instance, format, distribution, derivative, source });
    const kept = new Set(keptVersions(versions, keepVersions, [...coming, ...present]));
    old.push(...coming.filter((one) => !kept.has(one.source.version)));
  }
  tellOld(old, repository, line);
  const left = new Set(old);
  return packages.filter((one) => !left.has(one));
}

/** Tells the source packages and versions of packages that are older than what is kept. */
export function tellOld(
  old: readonly Pick<ListedPackage, 'source'>[],
  { distribution, keepVersions }: Repository,
  line: (text: string) => void,
): void {
  if (old.length === 0) return;
  const named = new Set(old.map(({ source }) => `${source.name} ${source.version}`));
  line(
    `left out, since ${distribution} keeps ${keepVersions} version${keepVersions === 1 ? '' : 's'}: ${some([...named])}`,
  );
}

/** The first of many, and how many more there are. */
export function some(all: readonly string[], most = 20): string {
  const shown = all.slice(0, most).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}
