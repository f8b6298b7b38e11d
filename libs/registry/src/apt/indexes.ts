import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AptRepository, PackageKind } from './types.ts';

/** A member of a repository, as far as indexes need it. */
export interface IndexedPackage {
  name: string;
  version: string;
  section: string;
  stanza: string;
  contents: string[];
}

/** An index of a repository: which packages it takes, and the files it becomes. */
export interface IndexTarget {
  derivative: string;
  kind: PackageKind;
  /** Which architectures of packages go in. */
  architectures: string[];
  /** Files that it is written as, relative to `dists/<distribution>/`. */
  paths: string[];
  /** The content of each file, in the order of `paths`. @param packages by name, then version */
  render(packages: IndexedPackage[]): Promise<Buffer[]>;
}

const gzipAsync = promisify(gzip);

/**
 * Every index that a repository has, empty or not: apt fails on a component or architecture that Release does not
 * name. Packages for all architectures are in each architecture's index.
 */
export function indexTargets(repository: AptRepository, hasUdebs: (derivative: string) => boolean): IndexTarget[] {
  return repository.derivatives.flatMap((derivative) => [
    ...repository.architectures.flatMap((architecture) => {
      const architectures = [architecture, 'all'];
      const packages = `binary-${architecture}/Packages`;
      return [
        stanzas(derivative, 'binary', architectures, `${derivative}/${packages}`),
        ...(hasUdebs(derivative)
          ? [stanzas(derivative, 'udeb', architectures, `${derivative}/debian-installer/${packages}`)]
          : []),
        contents(derivative, architectures, `${derivative}/Contents-${architecture}.gz`),
      ];
    }),
    stanzas(derivative, 'source', ['source'], `${derivative}/source/Sources`),
  ]);
}

function stanzas(derivative: string, kind: PackageKind, architectures: string[], path: string): IndexTarget {
  return {
    derivative,
    kind,
    architectures,
    paths: [path, `${path}.gz`],
    async render(packages) {
      const plain = Buffer.from(packages.map(({ stanza }) => stanza).join('\n'));
      return [plain, await gzipAsync(plain)];
    },
  };
}

function contents(derivative: string, architectures: string[], path: string): IndexTarget {
  return {
    derivative,
    kind: 'binary',
    architectures,
    paths: [path],
    render: async (packages) => [await gzipAsync(renderContents(packages))],
  };
}

/** Each path and the packages that own it, as `section/name` (Debian repository format, "Contents" indices). */
function renderContents(packages: IndexedPackage[]): string {
  const owners = new Map<string, Set<string>>();
  for (const { name, section, contents } of packages) {
    const owner = section === '' ? name : `${section}/${name}`;
    for (const path of contents) {
      const set = owners.get(path);
      if (set) set.add(owner);
      else owners.set(path, new Set([owner]));
    }
  }
  return [...owners]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, names]) => `${path.padEnd(55)} ${[...names].join(',')}\n`)
    .join('');
}
