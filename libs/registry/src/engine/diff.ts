import { Failure } from '@fatbuildr/domain';
import type { RepositoryFormat } from '../format.ts';
import type { PublishedPackage } from '../model/package.ts';
import type { DiffSide, RegistryDiff } from '../model/publication.ts';
import { toPublished } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { byIdentity } from './order.ts';

/**
 * Compares two publications, of one repository or of two of one format. Where both sides name a derivative, packages
 * are compared whatever it is called.
 *
 * @throws Failure `rejected` when a side was never published or the formats differ
 */
export function diff(store: Store, format: RepositoryFormat, from: DiffSide, to: DiffSide): RegistryDiff {
  if (from.format !== to.format) {
    throw new Failure('rejected', `a ${from.format} repository cannot be compared with a ${to.format} repository`, {
      hint: 'name two repositories of one format',
    });
  }
  const sides = [sideOf(store, from), sideOf(store, to)] as const;
  const across = from.derivative !== undefined && to.derivative !== undefined;
  const same = ({ kind, derivative, name, architecture }: PublishedPackage) =>
    [kind, across ? '' : derivative, name, architecture].join(' ');
  const exact = (each: PublishedPackage) => [same(each), each.version, each.content].join(' ');
  const [before, after] = sides.map(({ packages }) => new Map(packages.map((each) => [exact(each), each])));
  const left = sides[0].packages.filter((each) => !after?.has(exact(each)));
  const came = sides[1].packages.filter((each) => !before?.has(exact(each)));

  const order = byIdentity(format);
  const waiting = Map.groupBy(left.sort(order), same);
  const result: RegistryDiff = { added: [], removed: [], changed: [], files: filesOf(format, sides[0], sides[1]) };
  // Newest to newest, where a package is there in several versions.
  for (const each of came.sort(order).reverse()) {
    const former = waiting.get(same(each))?.pop();
    if (former) result.changed.unshift({ from: former, to: each });
    else result.added.unshift(each);
  }
  result.removed = [...waiting.values()].flat();
  return result;
}

interface Side {
  packages: PublishedPackage[];
  manifest: { path: string; sha256: string; size: number; listedOnly?: true }[];
  derivative: string | undefined;
}

function sideOf(store: Store, side: DiffSide): Side {
  const repository = store.find(side);
  const publication = repository && store.publication(repository, side.revision);
  if (!repository || !publication) {
    const which = side.revision === undefined ? 'no publication' : `no publication ${side.revision}`;
    throw new Failure('rejected', `${side.distribution} of ${side.instance} has ${which}`, {
      hint: `see which there are: fatbuildrctl registry publications --distribution ${side.distribution}`,
    });
  }
  const query = {
    ...(side.derivative === undefined ? {} : { derivative: side.derivative }),
    ...(side.revision === undefined ? {} : { revision: side.revision }),
  };
  const packages = toPublished(store.members(repository, query));
  return { packages, manifest: publication.manifest, derivative: side.derivative };
}

function filesOf(format: RepositoryFormat, from: Side, to: Side): RegistryDiff['files'] {
  const digests = ({ manifest, derivative }: Side) =>
    new Map(
      manifest
        .filter(({ listedOnly }) => !listedOnly)
        .map((entry) => [format.indexName(entry), entry.sha256] as const)
        .filter(([path]) => derivative === undefined || path.startsWith(`${derivative}/`))
        .map(([path, sha256]) => [derivative === undefined ? path : path.slice(derivative.length + 1), sha256]),
    );
  const [before, after] = [digests(from), digests(to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((path) => ({ path, from: before.get(path) ?? null, to: after.get(path) ?? null }))
    .filter((file) => file.from !== file.to);
}
